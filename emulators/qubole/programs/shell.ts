import { runProcess } from '../process.ts';
import type { SimpleRequest } from '../request.ts';
import type { Program } from './program.ts';

type ShellRequest = Extract<SimpleRequest, { command_type: 'ShellCommand' }>;

/** A script in `/bin/sh`; `parameters` are words of that shell, as QDS takes them. */
export const shell: Program<ShellRequest> = async ({ inline, script_location, parameters }, around) => {
  const script = inline ?? (await around.storage.read(script_location ?? ''));
  const call = parameters ? ['-c', `eval "set -- $2"; eval "$1"`, 'sh', script, parameters] : ['-c', script];
  return runProcess('/bin/sh', call, around);
};
