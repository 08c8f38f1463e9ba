import { spawn } from 'node:child_process';
import { ACTIVITY_REFS, RUNS_ON } from './activity.ts';
import type { ObjectType } from './type.ts';

/** How long a cancelled command has between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;
const KEPT_CHARACTERS = 2_000;

/**
 * Runs a command with `/bin/sh`, on this machine and with the stand-in's environment; `scriptArgument` becomes `$1`
 * and so on. `scriptUri` and staging are not known here.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-shellcommandactivity.html
 */
export const shellCommandActivity: ObjectType = {
  role: 'activity',
  required: ['command'],
  oneOf: [RUNS_ON],
  optional: ['scriptArgument'],
  refs: ACTIVITY_REFS,

  async run({ object, signal }) {
    signal.throwIfAborted();
    // A process group of its own, so that a cancel reaches what the command started, too.
    const child = spawn(
      '/bin/sh',
      ['-c', object.text('command') ?? '', 'sh', ...object.texts('scriptArgument')],
      {
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT_CHARACTERS)));

    let killTimer: NodeJS.Timeout | undefined;
    const killGroup = (kill: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, kill);
      } catch {
        // The group is gone already.
      }
    };
    const onAbort = () => {
      killGroup('SIGTERM');
      killTimer = setTimeout(() => {
        killGroup('SIGKILL');
        // What left the group may hold the pipe open; it is not waited for.
        child.stderr.destroy();
      }, GRACE_MS);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const [code, killedBy] = await new Promise<[number | null, NodeJS.Signals | null]>(
        (resolve, reject) => {
          child.once('error', reject);
          child.once('close', (...end) => resolve(end));
        },
      );
      if (code === 0) return;
      const how = killedBy === null ? `ended with exit code ${code}` : `was killed by ${killedBy}`;
      throw new Error(`the command ${how}${stderr === '' ? '' : `: ${stderr.trim()}`}`);
    } finally {
      clearTimeout(killTimer);
      signal.removeEventListener('abort', onAbort);
    }
  },
};
