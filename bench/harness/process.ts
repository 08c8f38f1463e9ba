import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PEAK = new URL('peak.js', import.meta.url).href;

export interface ProcessCost {
  /** From its start to its exit, in ms. */
  ms: number;
  /** The most memory that it ever had, in MB (2^20 bytes). */
  peakMB: number;
}

/** Runs a script in a fresh Node process with an empty environment, and measures it; throws if it fails. */
export async function measureNode(
  script: URL,
  { cwd, input, log }: { cwd: string; input: string; log: number },
): Promise<ProcessCost> {
  const peakFile = `${cwd}/peak`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', PEAK, fileURLToPath(script)], {
    cwd,
    env: { MILLRACE_BENCH_PEAK: peakFile, HOME: cwd },
    stdio: ['pipe', log, log],
  });
  child.stdin?.end(input);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  const ms = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${fileURLToPath(script)} ended with ${signal ?? `exit code ${code}`}`);
  return { ms, peakMB: Number(readFileSync(peakFile, 'utf8')) / 1_024 };
}
