const LONGEST = 500;

/** Lines that say what went wrong, the most telling first. */
const TELLING = [
  // Spark's SQL, before and since 3.4, and other exceptions of the JVM; the last cause is what the user can mend.
  /^Error in query: .+/,
  /^\[[A-Z][A-Z0-9_.]+\] .+/,
  /^(?:Caused by: )?(?:[\w$]+\.)+[\w$]*(?:Exception|Error): .+/,
  // Hive.
  /^FAILED: .+/,
  // Python, and the names that other programs give their errors.
  /^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b(?::.*)?$/,
  /\b(?:error|fatal|failed)\b.*/i,
];

/** What Log4j adds that is no error, whatever is in it. */
const ASIDE = /^[\d/-]+ [\d:,.]+ (?:TRACE|DEBUG|INFO|WARN) /;

/** What the user did wrong, in one line, fished out of a log. */
export function failureMessage(log: string): string {
  const lines = log
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !ASIDE.test(line));
  for (const telling of TELLING) {
    const line = lines.findLast((candidate) => telling.test(candidate));
    if (line !== undefined) return line.replace(/^Caused by: /, '').slice(0, LONGEST);
  }
  const last = lines.findLast((line) => line !== '');
  return last?.slice(0, LONGEST) ?? 'the command ended with an error, and its log is empty';
}
