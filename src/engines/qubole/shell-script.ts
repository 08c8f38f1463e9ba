import { z } from 'zod';
import { EtlError } from '../../domain/failure.ts';
import { quoted } from '../../domain/shell-word.ts';
import type { JobOutcome, ShellSpec } from '../../ports.ts';

/** Before the line that a script of ours prints last. */
const MARK = 'millrace-outcome';
const OUTCOME = new RegExp(String.raw`(?:^|\n)${MARK} (\d+) ([A-Za-z0-9+/=]*)\s*$`);

/**
 * The script that QDS gets: it runs the user's one with `$MILLRACE_OUTPUT`, and prints its exit code and what it wrote
 * there as the last line of its results, in base 64, so that QDS's own delimiters do no harm.
 */
export function shellScript({ script, env }: ShellSpec, onFailure = ''): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [
    ...exports,
    'MILLRACE_OUTPUT=$(mktemp) || exit 1',
    'export MILLRACE_OUTPUT',
    `/bin/sh -c ${quoted(script)}`,
    'millrace_code=$?',
    ...(onFailure === '' ? [] : [`[ "$millrace_code" -eq 0 ] || ${onFailure}`]),
    `printf '\\n${MARK} %s %s\\n' "$millrace_code" "$(base64 < "$MILLRACE_OUTPUT" | tr -d '\\n')"`,
    'rm -f "$MILLRACE_OUTPUT"',
    'exit "$millrace_code"',
    '',
  ].join('\n');
}

/** What such a script left, out of its results. */
export function shellOutcome(results: string): JobOutcome {
  const [, exitCode, encoded = ''] = OUTCOME.exec(results) ?? [];
  if (exitCode === undefined)
    throw new EtlError('Unexpected', 'the results of the shell command lack the line that tells of its end');
  const written = Buffer.from(encoded, 'base64').toString('utf8').trim();
  return { exitCode: Number(exitCode), values: written === '' ? {} : values(written) };
}

function values(written: string): NonNullable<JobOutcome['values']> {
  try {
    return z.record(z.string(), z.json()).parse(JSON.parse(written));
  } catch {
    const message = `the script wrote no JSON object to $MILLRACE_OUTPUT: ${written.slice(0, 100)}`;
    throw new EtlError('JobFailed', message, { details: { ended: true } });
  }
}
