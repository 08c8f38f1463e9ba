const LONGEST = 500;

/** Lines that say what went wrong, the most telling first. */
const TELLING = [
  // Spark's SQL, and other exceptions of the JVM; the last cause is the one that the user can mend.
  /^Error in query: .+/,
  /^(?:Caused by: )?(?:[\w$]+\.)+[\w$]*(?:Exception|Error): .+/,
  // Hive.
  /^FAILED: .+/,
  // Python, and the names that other programs give their errors.
  /^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b(?::.*)?$/,
  /\b(?:error|fatal|failed)\b.*/i,
];

/** What the user did wrong, in one line, fished out of a log. */
export function failureMessage(log: string): string {
  const lines = log.split(/\r?\n/).map((line) => line.trim());
  for (const telling of TELLING) {
    const line = lines.findLast((candidate) => telling.test(candidate));
    if (line !== undefined) return line.replace(/^Caused by: /, '').slice(0, LONGEST);
  }
  const last = lines.findLast((line) => line !== '');
  return last?.slice(0, LONGEST) ?? 'the command ended with an error, and its log is empty';
}
