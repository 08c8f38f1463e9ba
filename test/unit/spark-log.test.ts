import { expect, test } from '@jest/globals';
import { failureIn, tailOf } from '../../src/engines/spark-log.ts';

test.each([
  [
    'what Python raised, without its module and the plan below it',
    `Traceback (most recent call last):
  File "job.py", line 3, in <module>
    spark.sql(statement)
pyspark.errors.exceptions.captured.AnalysisException: [UNRESOLVED_COLUMN] A column \`x\` cannot be resolved;
'Project ['x]
12:00:00 INFO ShutdownHookManager: Shutdown hook called`,
    'AnalysisException: [UNRESOLVED_COLUMN] A column `x` cannot be resolved',
  ],
  [
    'what was raised last, of errors that came of one another',
    `Traceback (most recent call last):
  File "job.py", line 3, in <module>
KeyError: 'first'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "job.py", line 5, in <module>
ValueError: second`,
    'ValueError: second',
  ],
  [
    'what the JVM threw under a program in Python',
    `Traceback (most recent call last):
  File "job.py", line 3, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o38.sql.
: org.apache.spark.SparkException: Job aborted due to stage failure
\tat org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2856)`,
    'SparkException: Job aborted due to stage failure',
  ],
  [
    'what a jar threw',
    `12:00:00 INFO SparkContext: Running Spark version 3.5.9
Exception in thread "main" java.lang.IllegalStateException: no rows
\tat com.example.Job.main(Job.java:7)`,
    'IllegalStateException: no rows',
  ],
  [
    'what spark-submit says',
    'Error: Failed to load class com.example.Job.',
    'Error: Failed to load class com.example.Job.',
  ],
  ['the last words', 'one\ntwo\n\n', 'two'],
])('finds %s', (_, log, message) => {
  expect(failureIn(log.split('\n'))).toBe(message);
});

test('an empty log says nothing, and the end of a long one is at most 4 KB', () => {
  expect(failureIn([])).toBeUndefined();
  const tail = tailOf(Array.from({ length: 3_000 }, (_, index) => `${index} é`));
  expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4_096);
  expect(tail).toMatch(/2999 é$/);
});
