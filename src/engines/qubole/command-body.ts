import { assertNever, EtlError } from '../../domain/failure.ts';
import { PUSH_WITHOUT_QUEUE, refuse, REFUSALS } from '../../domain/refusals.ts';
import { quoted, word } from '../../domain/shell-word.ts';
import type {
  ChainSpec,
  CommandSpec,
  DbExportSpec,
  HiveSpec,
  JobSpec,
  PrestoSpec,
  SparkSpec,
} from '../../ports.ts';
import { sparkSqlScript } from '../spark-sql.ts';
import type { CommandDefaults } from './options.ts';
import { shellScript } from './shell-script.ts';

/** Where clusters of QDS have it. https://docs.qubole.com/en/latest/rest-api/command_api/submit-a-spark-command.html */
const SPARK_SUBMIT = '/usr/lib/spark/bin/spark-submit';

/**
 * The request that starts a job: field by field what the official Python SDK sends for the same command.
 * A key becomes the command's name, which is how it is found again.
 *
 * https://github.com/qubole/qds-sdk-py
 */
export function commandBody(spec: JobSpec, key: string, defaults: CommandDefaults, queue?: string): object {
  const own = { ...common(defaults), name: key };
  if (spec.kind === 'chain') return chain(spec, own, queue);
  if (spec.kind === 'sql') return spark(sparkSqlSpec(spec), own);
  return body(spec, own);
}

/** What says of a chain that its last command tells of its end. */
export const PUSH_MARK = 'millrace tells of the end';

interface Common {
  macros: Record<string, string>[] | null;
  tags: string[] | null;
  label: string | null;
  pool: string | null;
  name: string | null;
}

const common = ({ cluster, tags, pool, macros }: CommandDefaults): Omit<Common, 'name'> => ({
  label: cluster ?? null,
  tags: tags.length > 0 ? tags : null,
  pool: pool ?? null,
  macros:
    Object.keys(macros).length > 0
      ? Object.entries(macros).map(([name, expression]) => ({ [name]: expression }))
      : null,
});

function body(spec: CommandSpec, own: Common, onFailure?: string): object {
  refuse('QDS', REFUSALS.qubole, spec);
  switch (spec.kind) {
    case 'hive':
      return hive(spec, own);
    case 'spark':
      return spark(spec, own);
    case 'presto':
      return presto(spec, own);
    case 'dbExport':
      return dbExport(spec, own);
    case 'shell': {
      const { label, tags, pool, name } = own;
      const inline = shellScript(spec, onFailure);
      const files = { script_location: null, files: null, archives: null };
      return { command_type: 'ShellCommand', inline, ...files, label, tags, pool, name, can_notify: false };
    }
    default:
      return assertNever(spec);
  }
}

const statements = (spec: HiveSpec | PrestoSpec) =>
  'query' in spec
    ? { query: spec.query, script_location: null }
    : { query: null, script_location: spec.script };

const hive = (spec: HiveSpec, own: Common) => ({
  command_type: 'HiveCommand',
  ...statements(spec),
  ...own,
  sample_size: null,
  hive_version: spec.hiveVersion ?? null,
  can_notify: false,
  retry: 0,
});

const presto = (spec: PrestoSpec, { pool: _, ...own }: Common) => ({
  command_type: 'PrestoCommand',
  ...statements(spec),
  ...own,
  can_notify: false,
  retry: 0,
});

const sparkSqlSpec = (spec: Extract<JobSpec, { kind: 'sql' }>): SparkSpec => ({
  kind: 'spark',
  app: { form: 'sql', sql: sparkSqlScript(spec, 's3') },
  arguments: [],
  conf: {},
  options: [],
});

function spark(spec: SparkSpec, own: Common) {
  const options = words([
    ...Object.entries(spec.conf).flatMap(([k, v]) => ['--conf', `${k}=${v}`]),
    ...spec.options,
  ]);
  const form = {
    program: null,
    cmdline: null,
    sql: null,
    note_id: null,
    script_location: null,
    language: null,
  };
  const submitted = {
    command_type: 'SparkCommand',
    ...form,
    ...own,
    app_id: null,
    can_notify: false,
    arguments: options,
    user_program_arguments: words(spec.arguments),
    retry: 0,
  };
  const { app } = spec;
  switch (app.form) {
    case 'sql':
      return { ...submitted, sql: app.sql };
    case 'program':
      return { ...submitted, program: app.program, language: app.language };
    case 'python':
      return { ...submitted, script_location: app.python, language: 'python' };
    case 'jar': {
      const parts = [
        SPARK_SUBMIT,
        '--class',
        word(app.mainClass),
        options,
        word(app.jar),
        words(spec.arguments),
      ];
      const cmdline = parts.filter((part) => part !== null).join(' ');
      return { ...submitted, cmdline, arguments: null, user_program_arguments: null };
    }
    case 'cmdline':
      return { ...submitted, cmdline: app.cmdline };
    default:
      return assertNever(app);
  }
}

const words = (all: readonly string[]): string | null => (all.length > 0 ? all.map(word).join(' ') : null);

function dbExport({ dbTapId, table, from, update }: DbExportSpec, { label, tags, name }: Common) {
  const isTable = 'hiveTable' in from;
  return {
    command_type: 'DbExportCommand',
    mode: isTable ? '1' : '2',
    schema: null,
    dbtap_id: dbTapId,
    db_table: table,
    hive_table: isTable ? from.hiveTable : null,
    partition_spec: (isTable && from.partition) || null,
    export_dir: isTable ? null : from.folder,
    fields_terminated_by: isTable || !from.delimiter ? null : hexOf(from.delimiter),
    db_update_mode: update?.mode ?? null,
    db_update_keys: update?.mode === 'updateonly' ? update.keys.join(',') : null,
    use_customer_cluster: label !== null,
    customer_cluster_label: label,
    additional_options: null,
    can_notify: false,
    tags,
    name,
    retry: 0,
  };
}

/** A character as QDS wants separators; whatever is longer is in such a form already. */
const hexOf = (text: string): string =>
  text.length === 1 ? `\\0x${text.charCodeAt(0).toString(16).padStart(2, '0')}` : text;

/** Sub-commands carry neither name, tags nor label: those are the whole's. */
function chain({ commands, push }: ChainSpec, own: Common, queue: string | undefined): object {
  if (push && queue === undefined) {
    const { says, fix } = PUSH_WITHOUT_QUEUE;
    throw new EtlError('Rejected', `the engine ${says}; ${fix}`);
  }
  if (queue !== undefined && !URL.canParse(queue)) {
    throw new EtlError('Rejected', `the queue of the engine is no URL: ${queue}; write https://sqs.…`);
  }
  const none: Common = { macros: null, tags: null, label: null, pool: null, name: null };
  const call = push && queue !== undefined ? callBack(queue, own.name ?? '') : undefined;
  const last = { kind: 'shell', script: `: ${PUSH_MARK}\n${call}`, env: {} } as const;
  const { pool: _, ...whole } = own;
  return {
    command_type: 'CompositeCommand',
    sub_commands: [
      ...commands.map((spec) => body(spec, none, call)),
      ...(call === undefined ? [] : [body(last, none)]),
    ],
    ...whole,
    can_notify: false,
  };
}

/** A message that can't be sent is no failure of the work: then a poll finds the end, later. */
function callBack(queue: string, key: string): string {
  const [, region] = /^https:\/\/sqs\.([a-z0-9-]+)\.amazonaws\./.exec(queue) ?? [];
  // A queue elsewhere than on AWS is where its URL says.
  const where =
    region === undefined ? ['--endpoint-url', quoted(new URL(queue).origin)] : ['--region', region];
  const message = quoted(JSON.stringify({ millrace: key }));
  const options = [...where, '--queue-url', quoted(queue), '--message-body', message];
  return `aws sqs send-message ${options.join(' ')} >&2 || true`;
}
