const MOST_CHARACTERS = 500;

/** The end of a log, at most 4 KB. */
export function tailOf(lines: readonly string[]): string {
  const bytes = Buffer.from(lines.join('\n'));
  if (bytes.length <= 4_096) return bytes.toString();
  // A character that was cut in two is left out.
  return bytes
    .subarray(-4_096)
    .toString()
    .replace(/^\uFFFD+/, '');
}

/**
 * Why a Spark application failed, in one line out of its log: what Python raised, else what Java threw, else what
 * `spark-submit` says, else the last words.
 */
export function failureIn(lines: readonly string[]): string | undefined {
  const found = raised(lines) ?? thrown(lines) ?? lines.findLast((line) => line.trim() !== '');
  return found?.replaceAll(/\s+/g, ' ').trim().slice(0, MOST_CHARACTERS);
}

/** The line after the last traceback, without the module's name; of an error in the JVM, what was thrown there. */
function raised(lines: readonly string[]): string | undefined {
  const start = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'));
  if (start < 0) return undefined;
  const end = lines.findIndex((line, index) => index > start && /^\S/.test(line));
  const line = lines[end];
  const inJava = /Py4JJavaError: /.test(line ?? '') ? lines[end + 1] : undefined;
  return withoutPackage(inJava?.startsWith(': ') ? inJava.slice(2) : line);
}

function thrown(lines: readonly string[]): string | undefined {
  const line = lines.findLast((one) => /^(Exception in thread "|Error: |Caused by: )/.test(one));
  return withoutPackage(line?.replace(/^(Exception in thread "[^"]*" |Caused by: )/, ''));
}

/** `org.apache.spark.SparkException: x` as `SparkException: x`; of a plan that is drawn below it nothing is left. */
const withoutPackage = (line: string | undefined): string | undefined =>
  line?.replace(/^(?:[\w$]+\.)+(?=[A-Z]\w*)/, '').replace(/;\s*$/, '');
