import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { say } from '../src/cli/output.ts';
import { completeEnvironment, packageRoot } from '../src/config.ts';
import { core } from './core/index.ts';
import { engines } from './engines/index.ts';
import { publish } from './publish/index.ts';
import { start } from './start/index.ts';
import { runPart, type Part } from './harness/bench.ts';
import type { Figure } from './harness/figure.ts';
import { beginReport, reportTable, saveReport } from './harness/report.ts';

/*
 * npm run bench -- SUITE [PART…] [--quick] [--json FILE]
 *
 * A whole run is saved as bench/results/SUITE.json; a quick one, or one of a few parts, only where --json says.
 */

const SUITES: Record<string, Record<string, Part>> = { core, engines, publish, start };
const USAGE = 'usage: npm run bench -- SUITE [PART…] [--quick] [--json FILE]';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
});
const [name = '', ...asked] = positionals;
const suite = SUITES[name] ?? stop(`${USAGE}; suites: ${Object.keys(SUITES).join(', ')}`);
const unknown = asked.find((part) => !(part in suite));
if (unknown !== undefined) stop(`${name} has no part ${unknown}; it has: ${Object.keys(suite).join(', ')}`);

const isWhole = asked.length === 0 && !values.quick;
const file = values.json ?? (isWhole ? join(packageRoot(), 'bench', 'results', `${name}.json`) : undefined);
// The SDK warns of Node 20 at every start; which Node is needed stands in package.json.
completeEnvironment({ AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
// Ctrl-C ends it all at once; a worker that only stopped by itself would leave us waiting for its runs.
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
const reportOf = beginReport(name, values.quick);
const figures: Figure[] = [];
for (const [part, run] of Object.entries(suite)) {
  if (asked.length === 0 || asked.includes(part)) figures.push(...(await runPart(run, values.quick, say)));
}
const report = reportOf(figures);
console.log(reportTable(report));
if (file !== undefined) {
  saveReport(file, report);
  say(`saved as ${file}`);
}

function stop(message: string): never {
  say(message);
  process.exit(2);
}
