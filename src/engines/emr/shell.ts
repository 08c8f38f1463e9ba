import type { ShellSpec } from '../../ports.ts';

/** What one argument of a step takes. */
const LONGEST_ARGUMENT = 10_000;
/** What EMR takes in an argument; a script with anything else goes by S3. */
const PLAIN = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD]*$/;

/**
 * Runs a script with its variables, and copies what it wrote to `$MILLRACE_OUTPUT` to S3. All it says goes to stderr,
 * because that is the log that EMR looks into for the reason of a failure. On an interrupt the script gets it too.
 */
const WRAPPER = `output=$1 script=$2; shift 2
values=$(mktemp) || exit
env "$@" MILLRACE_OUTPUT="$values" /bin/sh -c "$script" </dev/null 1>&2 &
child=$!
trap 'kill -TERM "$child"; wait "$child"; exit 143' TERM INT
wait "$child"
code=$?
if [ "$code" -eq 0 ] && [ -s "$values" ]; then aws s3 cp --only-show-errors "$values" "$output" || code=$?; fi
rm -f "$values"
exit "$code"`;

/** A shell job as a command line, and the files that it needs in S3. */
export function shellCommand(
  { script, env }: ShellSpec,
  folder: string,
): { command: string[]; files: Record<string, string> } {
  const url = `${folder}script.sh`;
  const isStaged = script.length > LONGEST_ARGUMENT || !PLAIN.test(script);
  const load = `script=$(mktemp) && aws s3 cp --only-show-errors '${url}' "$script" && . "$script"`;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return {
    command: ['bash', '-c', WRAPPER, 'millrace', valuesOf(folder), isStaged ? load : script, ...variables],
    files: isStaged ? { [url]: script } : {},
  };
}

/** Where a shell job's values are, when it has ended well and has any. */
export const valuesOf = (folder: string): string => `${folder}values.json`;
