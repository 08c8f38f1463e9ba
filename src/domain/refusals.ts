import { EtlError } from './failure.ts';
import type { JobKind, JobSpec } from './job.ts';

/** The fields of a step's kind, as a pipeline file has them. */
type Fields = Readonly<Record<string, unknown>>;

/** A field that an engine does not take, although it takes the kind. */
export interface Refusal {
  kind: JobKind;
  /** The one to blame. */
  field: string;
  isIn(fields: Fields): boolean;
  /** What is wrong, after the engine's name. */
  says: string;
  fix: string;
}

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== undefined;

const PROGRAM_IN_PYTHON: Refusal = {
  kind: 'spark',
  field: 'language',
  isIn: ({ program, language }) => program !== undefined && isFilled(language) && language !== 'python',
  says: 'runs a `program` in python only',
  fix: 'write it in python, or build a jar and write `jar`',
};

const HIVE_OF_ITS_RELEASE: Refusal = {
  kind: 'hive',
  field: 'hiveVersion',
  isIn: ({ hiveVersion }) => isFilled(hiveVersion),
  says: 'has the Hive of its release',
  fix: 'remove `hiveVersion`',
};

const besideCmdline = (field: string): Refusal => ({
  kind: 'spark',
  field,
  isIn: ({ cmdline, [field]: value }) => cmdline !== undefined && isFilled(value),
  says: `takes no ${field} beside a \`cmdline\` of spark`,
  fix: 'write them into cmdline',
});

/** What engines refuse of the kinds that they take: for `validate`, and for the engines themselves. */
export const REFUSALS = {
  livy: [
    {
      kind: 'spark',
      field: 'options',
      isIn: ({ options }) => isFilled(options),
      says: 'takes no options of spark-submit',
      fix: 'write them as Spark’s properties under `conf` (--jars is spark.jars, and so on)',
    },
  ],
  emr: [PROGRAM_IN_PYTHON, HIVE_OF_ITS_RELEASE],
  'emr-serverless': [PROGRAM_IN_PYTHON, HIVE_OF_ITS_RELEASE],
  qubole: ['arguments', 'conf', 'options'].map(besideCmdline),
} satisfies Record<string, readonly Refusal[]>;

/** What is wrong with a chain that should tell of its end, on an engine that has no queue for that. */
export const PUSH_WITHOUT_QUEUE = {
  says: 'has no queue for a chain with push',
  fix: 'add push: { queue: URL } to the engine in millrace.yaml, or leave `push` out here',
} as const;

/** Throws `Rejected` for a job with a field that the engine refuses. */
export function refuse(who: string, refusals: readonly Refusal[], spec: JobSpec): void {
  const { app, ...rest } = spec.kind === 'spark' ? spec : { ...spec, app: {} };
  const fields: Fields = { ...rest, ...app };
  const found = refusals.find(({ kind, isIn }) => kind === spec.kind && isIn(fields));
  if (found) throw new EtlError('Rejected', `${who} ${found.says}; ${found.fix}`);
}
