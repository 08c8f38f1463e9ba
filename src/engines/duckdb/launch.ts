import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { EtlError } from '../../domain/failure.ts';
import { folderOf, isS3Path } from '../../domain/file-path.ts';
import type { SqlSpec, ObjectStore } from '../../ports.ts';
import type { JobFolder } from './job-folder.ts';
import type { JobSettings } from './settings.ts';

/** The built file, also where this one runs as TypeScript: a job's process is plain Node. */
const SCRIPT = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/src/engines/duckdb/job.js' : 'job.js',
    import.meta.url,
  ),
);

export function checkBuilt(): void {
  if (!existsSync(SCRIPT)) throw new Error(`${SCRIPT} is missing; run \`npm run build\``);
}

/** The visible files of each input as they are now. */
export async function listInputs(store: ObjectStore, spec: SqlSpec): Promise<Record<string, string[]>> {
  const listed: Record<string, string[]> = {};
  for (const [name, { path }] of Object.entries(spec.inputs)) {
    listed[name] = (await store.list(path)).map((file) => file.path);
    if (listed[name].length === 0) throw new EtlError('Rejected', `no file matches ${path} (input ${name})`);
  }
  return listed;
}

/** Starts a job's process, in a session of its own so that it outlives this one. */
export function launch(job: JobFolder, spec: SqlSpec, settings: JobSettings): ChildProcess {
  if (!isS3Path(spec.output.path)) mkdirSync(folderOf(spec.output.path), { recursive: true });
  const log = openSync(job.log, 'a');
  try {
    const child = spawn(process.execPath, [SCRIPT], {
      cwd: job.path,
      detached: true,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: job.path },
      stdio: ['pipe', log, log],
    });
    child.unref();
    // A process that had died already is told of by its exit.
    child.stdin?.on('error', () => undefined).end(JSON.stringify(settings));
    return child;
  } finally {
    closeSync(log);
  }
}
