import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailure } from '../error.ts';
import { runProcess } from '../process.ts';
import type { SimpleRequest } from '../request.ts';
import type { Program, Surroundings } from './program.ts';
import { runSql, sparkS3 } from './sql.ts';

type SparkRequest = Extract<SimpleRequest, { command_type: 'SparkCommand' }>;

/** Where clusters of QDS have it. */
const SUBMIT = '/usr/lib/spark/bin/spark-submit';

/** SQL, a program in Python or a whole `spark-submit`; Scala, R and notebooks need a real cluster. */
export const spark: Program<SparkRequest> = async (request, around) => {
  if (request.sql) return runSql(request.sql, 'spark', around);
  if (request.cmdline) return cmdline(request.cmdline, around);
  if (request.note_id) throw new CommandFailure('this stand-in runs no notebooks');
  const { program, script_location: location, language } = request;
  const text = program ?? (await around.storage.read(location ?? ''));
  if (location?.endsWith('.sql')) return runSql(text, 'spark', around);
  if ((language ?? 'python') !== 'python')
    throw new CommandFailure(`this stand-in runs programs in Python, not in ${language}`);
  return python(text, request, around);
};

async function cmdline(line: string, around: Surroundings) {
  const { sparkHome } = around.tools;
  if (sparkHome === null)
    throw new CommandFailure('cmdline needs a local Spark, and there is none; set SPARK_HOME');
  const local = line.replaceAll(SUBMIT, join(sparkHome, 'bin/spark-submit'));
  return runProcess('/bin/sh', ['-c', local], { ...around, env: { SPARK_HOME: sparkHome } });
}

/** By `spark-submit` where there is a Spark, else by `python3` alone. */
async function python(text: string, request: SparkRequest, around: Surroundings) {
  const file = join(around.cwd, 'program.py');
  await writeFile(file, text);
  const { sparkHome } = around.tools;
  const own = request.user_program_arguments ?? '';
  const words = `eval "set -- $1"; exec "$@"`;
  const line =
    sparkHome === null
      ? `python3 program.py ${own}`
      : `"$SUBMIT" ${sparkS3()
          .map((word) => `'${word}'`)
          .join(' ')} ${request.arguments ?? ''} program.py ${own}`;
  return runProcess('/bin/sh', ['-c', words, 'sh', line], {
    ...around,
    ...(sparkHome !== null && { env: { SUBMIT: join(sparkHome, 'bin/spark-submit') } }),
  });
}
