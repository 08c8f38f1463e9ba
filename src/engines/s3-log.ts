import { gunzipSync } from 'node:zlib';
import type { LogPage, ObjectStore } from '../ports.ts';

const TAIL_BYTES = 4096;

/** What a job failed of, as Spark, Hive and Python say it; the first pattern that is anywhere in a log counts. */
const REASONS = [
  /^(?:Error in query|FAILED): (.+)$/,
  /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Interrupt|Exit)(?:: .+)?)$/,
  /^Exception in thread "[^"]*" (.+)$/,
];

/** The lines of a log that EMR keeps in S3, packed or not; none while it isn't there. */
export async function readLog(store: ObjectStore, path: string): Promise<string[]> {
  if ((await store.list(path)).length === 0) return [];
  const content = await store.read(path);
  const text = Buffer.from(path.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The lines of several files that came since `from`, which counts the lines of each that were seen. */
export async function readLogs(store: ObjectStore, paths: string[], from = ''): Promise<LogPage> {
  const seen = from.split('.').map(Number);
  const all = await Promise.all(paths.map((path) => readLog(store, path)));
  return {
    lines: all.flatMap((lines, index) => lines.slice(seen[index] ?? 0)),
    next: all.map(({ length }, index) => Math.max(length, seen[index] ?? 0)).join('.'),
  };
}

/** Why a job failed, in one line; undefined for an empty log. */
export function reasonIn(lines: readonly string[]): string | undefined {
  for (const reason of REASONS) {
    const line = lines.findLast((each) => reason.test(each));
    if (line !== undefined) return reason.exec(line)?.[1];
  }
  return lines.findLast((line) => line.trim() !== '')?.trim();
}

/** The last lines, at most 4 KB. */
export function tailOf(lines: readonly string[]): string {
  const text = Buffer.from(lines.join('\n'));
  if (text.length <= TAIL_BYTES) return text.toString();
  const cut = text.subarray(text.length - TAIL_BYTES).toString();
  return cut.slice(cut.indexOf('\n') + 1);
}
