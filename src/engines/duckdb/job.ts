import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname } from 'node:path';

import { admit } from './admission.ts';
import { jobFolder, outputPaths, readCancel, readResult, readSpec, readState } from './job-folder.ts';
import { unclaim, writeResult } from './job-folder.ts';
import { oneLine } from './message.ts';
import { runSql } from './run-sql.ts';
import type { JobSettings } from './settings.ts';

/*
 * The process of one job. It starts in the job's folder, with its settings (credentials among them) on stdin.
 * It loads little, for it is started anew for every job.
 */

const folder = process.cwd();
const root = dirname(folder);
const job = jobFolder(root, basename(folder));

const log = (text: string) => appendFileSync(job.log, `${new Date().toISOString()} ${text}\n`);

async function work(settings: JobSettings): Promise<void> {
  const spec = readSpec(job);
  if (spec === undefined) throw new Error(`no spec.json in ${folder}`);
  // The kernel closes the connections of whoever waits when this process ends, however it ends.
  rmSync(job.socket, { force: true });
  createServer()
    .on('error', (error) => log(`nobody will notice at once if this process is killed: ${error.message}`))
    .listen('socket')
    .unref();
  const startedAt = performance.now();
  try {
    log(`process ${process.pid}, memory ${settings.memory}, threads ${settings.threads}`);
    for (const [name, { path }] of Object.entries(spec.inputs)) {
      log(`input ${name}: ${path}, ${settings.files[name]?.length ?? 0} files`);
    }
    log(`output ${outputPaths(job, spec).visible}`);
    log(`query\n${spec.query.trim()}`);
    const rows = await runSql(spec, outputPaths(job, spec).hidden, job.temp, settings);
    log(`done: ${rows} rows in ${((performance.now() - startedAt) / 1000).toFixed(2)} s`);
    writeResult(job, { status: 'done', rows });
  } catch (error) {
    const { message } = error as Error;
    log(`failed: ${message}`);
    writeResult(job, { status: 'failed', message: oneLine(message) });
  }
}

const settings = JSON.parse(readFileSync(0, 'utf8')) as JobSettings;
if (await admit(root, job, settings.maxJobs)) {
  // It may have ended, or been cancelled, before the claim.
  const isOpen = [readState, readResult, readCancel].every((read) => read(job) === undefined);
  if (isOpen) await work(settings);
  rmSync(job.temp, { recursive: true, force: true });
  unclaim(job);
}
// Without waiting for DuckDB to take itself apart.
process.exit(0);
