import { spawn } from 'node:child_process';

/**
 * Reads `+ pid` and `- pid`; at the end of its input, which comes however its parent ended, it ends the processes
 * that are left, with their groups.
 */
const SCRIPT = `
pids=
while read -r sign pid; do
  if [ "$sign" = + ]; then pids="$pids $pid"; continue; fi
  left=
  for one in $pids; do [ "$one" = "$pid" ] || left="$left $one"; done
  pids=$left
done
for one in $pids; do kill -TERM "$one"; done
tries=0
while [ $tries -lt 50 ]; do
  alive=
  for one in $pids; do kill -0 "$one" && alive=yes; done
  [ -z "$alive" ] && break
  sleep 0.1
  tries=$((tries + 1))
done
for one in $pids; do kill -KILL -- "-$one"; done
`;

/** Ends processes that we started when we are killed and cannot do it ourselves. */
export interface Guard {
  watch(pid: number): void;
  forget(pid: number): void;
  /** Lets the guard go; what it still watches is ended. */
  release(): void;
}

/** A small shell in a session of its own, so that neither Ctrl-C nor `kill -9` of ours reaches it. */
export function startGuard(): Guard {
  const shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  shell.on('error', () => {}); // no shell, no guard: everything else works without
  shell.stdin.on('error', () => {});
  shell.unref();
  return {
    watch: (pid) => void shell.stdin.write(`+ ${pid}\n`),
    forget: (pid) => void shell.stdin.write(`- ${pid}\n`),
    release: () => void shell.stdin.end(),
  };
}
