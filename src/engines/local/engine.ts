import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Json } from '../../domain/definition.ts';
import { EtlError } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import { hasEnded } from '../../domain/state.ts';
import type { JobEngine, KeyedJob, WorkRef } from '../../ports.ts';
import { stopProcess } from '../process.ts';
import { LocalJob } from './job.ts';

const KEY_MEMORY_MS = 7 * 24 * 3600_000;
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Runs the script of the folder that it is started in, once: a second process finds the claim and goes away. */
const RUN = `
if [ -r /proc/$$/stat ]; then started=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20)
else started=$(ps -o lstart= -p $$); fi
printf '%s\\t%s\\n' $$ "$started" >".claim.$$"
ln ".claim.$$" claim 2>/dev/null || { rm -f ".claim.$$"; exit 0; }
rm -f ".claim.$$"
MILLRACE_OUTPUT="$PWD/output.json" /bin/sh ./script.sh >>log.txt 2>&1 </dev/null
echo $? >.exit && mv .exit exit
`;

export interface LocalOptions {
  /** Absolute; on a disk of this machine. Jobs live in \`<folder>/<key>/\`. */
  folder: string;
  /** What scripts get beside the variables of their step; asked when one starts, because secrets are rotated. */
  env(): Promise<Record<string, string>>;
}

/**
 * Shell scripts on the worker's own machine: each is a process that outlives the worker. For what has to be near the
 * worker; whoever may change a pipeline file may run anything as the worker's user.
 */
export function createLocalEngine({ folder: root, env }: LocalOptions): JobEngine {
  mkdirSync(root, { recursive: true });
  forgetOldJobs(root);

  /** Started here, and not at their end. */
  const children = new Set<ChildProcess>();

  const refOf = ({ key, log }: LocalJob): WorkRef => ({ id: key, key, log });
  const jobsHere = () =>
    readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => new LocalJob(root, entry.name));

  /** Starts what nobody has claimed. Repeatable: the claim lets one process through. */
  async function start(job: LocalJob): Promise<void> {
    const isQueued = () => job.state().status === 'queued';
    if (!isQueued()) return;
    const given = await env();
    // Somebody may have claimed or cancelled it meanwhile.
    if (!isQueued()) return;
    const child = spawn('/bin/sh', ['-c', RUN], {
      cwd: job.path,
      detached: true,
      stdio: 'ignore',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: job.path, ...given, ...job.env },
    });
    child.unref();
    children.add(child);
    // One that cannot even start is tried again by the next poll.
    for (const end of ['exit', 'error']) child.once(end, () => children.delete(child));
  }

  return {
    kinds: ['shell'],
    keyMemoryMs: KEY_MEMORY_MS,
    lookAfterMs: 1_000,
    ensureCluster: async () => ({ id: 'none', ready: true, started: false }),

    async submit(spec, key) {
      if (!KEY.test(key))
        throw new EtlError('Rejected', `the key ${JSON.stringify(key)} can't name a folder`);
      if (spec.kind !== 'shell')
        throw new EtlError('Rejected', `an engine of type local runs shell, not ${spec.kind}`);
      if (spec.script.includes('\0')) throw new EtlError('Rejected', 'the script holds a NUL character');
      const job = new LocalJob(root, key);
      const found = !job.make(root, spec);
      await start(job);
      return { ...refOf(job), found };
    },

    async find(key) {
      const job = new LocalJob(root, key);
      if (!job.exists) return undefined;
      await start(job);
      return refOf(job);
    },

    async poll(refs) {
      const jobs = refs.map(({ id }) => new LocalJob(root, id)).filter(({ exists }) => exists);
      for (const job of jobs) await start(job);
      return new Map(jobs.map((job) => [job.key, job.state()]));
    },

    async cancel({ id }) {
      const job = new LocalJob(root, id);
      if (!job.exists || hasEnded(job.state().status)) return;
      job.markCancelled();
      const { claim } = job;
      if (claim && !(await stopProcess(claim)))
        throw new EtlError('Unavailable', `process ${claim.pid} of job ${id} does not end`);
    },

    watch({ id }, wake) {
      const watcher = watch(new LocalJob(root, id).path, (_event, name) => {
        if (name === 'exit') wake();
      });
      watcher.on('error', () => undefined);
      return () => watcher.close();
    },

    async outcome({ id }) {
      const text = new LocalJob(root, id).output;
      return { exitCode: 0, ...(text !== undefined && text.trim() !== '' && { values: valuesOf(text) }) };
    },

    async logs({ id }, from = '0') {
      const text = new LocalJob(root, id).logFrom(Number(from));
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      const lines = whole === '' ? [] : whole.slice(0, -1).split('\n');
      return { lines, next: String(Number(from) + Buffer.byteLength(whole)) };
    },

    async *listKeyed(since) {
      const jobs = jobsHere()
        .filter(({ key }) => parseJobKey(key) !== undefined)
        .map((job) => ({ job, startedAt: job.startedAt }))
        .filter(({ startedAt }) => startedAt >= since)
        .sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
      for (const { job, startedAt } of jobs)
        yield { key: job.key, ref: refOf(job), status: job.state().status, startedAt } satisfies KeyedJob;
    },

    async close() {
      await Promise.all(jobsHere().map((job) => this.cancel(refOf(job))));
      // Also those that came too late to have the claim: their last file is gone with them.
      for (const child of children) {
        child.ref();
        await once(child, 'exit');
      }
    },
  };
}

/** The JSON object that a script wrote. */
function valuesOf(text: string): Record<string, Json> {
  try {
    return z.record(z.string(), z.json()).parse(JSON.parse(text));
  } catch {
    const shown = text.trim().slice(0, 100);
    throw new EtlError('JobFailed', `the script wrote no JSON object to $MILLRACE_OUTPUT: ${shown}`);
  }
}

function forgetOldJobs(root: string): void {
  for (const name of readdirSync(root)) {
    const ended = statSync(join(root, name, name.startsWith('.new-') ? '' : 'exit'), {
      throwIfNoEntry: false,
    });
    if (ended && Date.now() - ended.mtimeMs > KEY_MEMORY_MS)
      rmSync(join(root, name), { recursive: true, force: true });
  }
}
