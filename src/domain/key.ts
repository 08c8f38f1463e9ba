import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The first `length` hex digits of a text's SHA-256. Pure, so that a workflow may call it. */
export const shortHash = (text: string, length: number): string =>
  bytesToHex(sha256(utf8ToBytes(text))).slice(0, length);

/**
 * The key that makes a submission idempotent: `mr-<first run ID, 32 hex>-<step hash, 8 hex>-<logical attempt>`.
 *
 * The first run ID of a chain survives a reset, where the run ID and `uuid4()` do not. Temporal's own activity
 * attempts reuse the key; only the end of a job makes a new one.
 */
export const jobKey = (firstRunId: string, stepId: string, attempt: number): string =>
  `mr-${firstRunId.replaceAll('-', '')}-${shortHash(stepId, 8)}-${attempt}`;

const KEY = /^mr-([0-9a-f]{32})-([0-9a-f]{8})-(\d+)(?:-|$)/;

/** Takes a key apart again; `undefined` for a name that is none of ours. */
export function parseJobKey(
  key: string,
): { firstRunId: string; stepHash: string; attempt: number } | undefined {
  const [, run, step, attempt] = KEY.exec(key) ?? [];
  if (run === undefined || step === undefined || attempt === undefined) return undefined;
  const firstRunId = run.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { firstRunId, stepHash: step, attempt: Number(attempt) };
}
