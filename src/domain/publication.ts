import type { PublishMode, Row } from '../ports.ts';
import type { FailureType } from './failure.ts';

/**
 * What the ledger says: this very publication is there; it is there with other files, as after a reset; a newer run's
 * is; for `append`, another one of this unit is; or nothing that matters.
 */
export interface LedgerEntry {
  state: 'published' | 'otherFiles' | 'superseded' | 'taken' | 'absent';
  /** Of this publication. */
  rows: number | null;
}

/** Reads the ledger's one row for a publication. */
export function ledgerEntry(
  row: Row,
  { mode, manifestHash = '' }: { mode?: PublishMode; manifestHash?: string },
): LedgerEntry {
  const count = (name: string) => Number(row[name] ?? 0);
  const rows = row['row_count'] === null || row['row_count'] === undefined ? null : count('row_count');
  if (count('published') > 0) return { state: count('same_files') > 0 ? 'published' : 'otherFiles', rows };
  if (mode === 'append' && count('any_key') > 0)
    return { state: row['newest_files'] === manifestHash ? 'published' : 'taken', rows };
  return { state: count('newer') > 0 ? 'superseded' : 'absent', rows: null };
}

/** What is to be done after something failed, or its answer was lost. */
export type Verdict =
  /** It is published; this changed nothing. */
  | { kind: 'published'; rows: number | null }
  /** These files are a publication of their own, under another key. */
  | { kind: 'nextKey' }
  /** It will never be published; `message` says why, unless that is the fault itself. */
  | { kind: 'failed'; message?: string }
  /** Nothing was published: load and publish again. */
  | { kind: 'again' };

/** Whatever was answered, or was not: the ledger knows. */
export function judge({ state, rows }: LedgerEntry, type: FailureType, isStageLost: boolean): Verdict {
  switch (state) {
    case 'published':
      return { kind: 'published', rows };
    case 'otherFiles':
      return { kind: 'nextKey' };
    case 'superseded':
      return { kind: 'failed', message: 'a newer run has published this interval since; its rows stay' };
    case 'taken':
      return {
        kind: 'failed',
        message:
          'this interval was appended before, from other files; to replace its rows use mode replaceWhere',
      };
    case 'absent':
      return type === 'JobLost' || type === 'Unavailable' || isStageLost
        ? { kind: 'again' }
        : { kind: 'failed' };
  }
}
