import { parseArgs } from 'node:util';
import { startDataPipeline } from './data-pipeline/index.ts';
import { startEmr } from './emr/index.ts';
import { startQubole } from './qubole/index.ts';
import { startRedshiftData } from './redshift-data/index.ts';

// The AWS SDK warns of Node 20 at every start; which Node is needed stands in package.json.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** What a stand-in says of itself, and how it is ended with everything it started. */
interface Emulator {
  url: string;
  stop(): Promise<void>;
}

interface Settings {
  port: number;
  dataDir: string | undefined;
  log: (line: string) => void;
}

const EMULATORS: Record<string, { of: string; start: (settings: Settings) => Promise<Emulator> }> = {
  'redshift-data': {
    of: 'the Amazon Redshift Data API, over a PostgreSQL of its own',
    start: ({ port, dataDir, log }) =>
      startRedshiftData({ port, log, ...(dataDir !== undefined && { dataDir }) }),
  },
  'data-pipeline': {
    of: 'AWS Data Pipeline',
    start: ({ port, log }) => startDataPipeline({ port, log }),
  },
  emr: {
    of: 'Amazon EMR and EMR Serverless; steps and jobs are processes here',
    start: ({ port, log }) => startEmr({ port, log }),
  },
  qubole: {
    of: 'Qubole Data Service; commands run on this machine',
    start: ({ port, log }) =>
      startQubole({ port, log, ...(process.env['QDS_TOKEN'] && { token: process.env['QDS_TOKEN'] }) }),
  },
};

const NAMES = Object.entries(EMULATORS).map(([name, { of }]) => `  ${name.padEnd(15)} ${of}`);
const HELP = `Starts one of Millrace's local stand-ins, on loopback, until Ctrl-C or SIGTERM.

Usage: npm run emulator -- NAME [--port P] [--data FOLDER] [--json]

${NAMES.join('\n')}

  --port P       listen there; any free port without
  --data FOLDER  keep the data there; gone at the end without (redshift-data)
  --json         when ready, print one line of JSON: {url, …}

Example: npm run emulator -- redshift-data --port 8086 --json
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '0' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [name = '', ...others] = positionals;
  const emulator = Object.hasOwn(EMULATORS, name) ? EMULATORS[name] : undefined;
  if (emulator === undefined || others.length > 0) {
    throw new Error(
      `name one stand-in, not ${JSON.stringify(positionals.join(' '))}; there are:\n${NAMES.join('\n')}`,
    );
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port ${values.port} is no port`);

  // A signal that comes while it starts is answered once there is something to stop.
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const { stop, ...said } = await emulator.start({
    port,
    dataDir: values.data,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const plain = `${name} listens at ${said.url} (Millrace's stand-in for ${emulator.of}). Ctrl-C ends it.`;
  process.stdout.write(`${values.json ? JSON.stringify(said) : plain}\n`);
  await ended;
  await stop();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
