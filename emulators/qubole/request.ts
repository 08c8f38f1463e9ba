import { z } from 'zod';
import { invalid } from './error.ts';

const text = z.string().nullish();

const shared = {
  name: z
    .string()
    .max(255, 'Name is too long (maximum is 255 characters)')
    .regex(/^[^&<>"']*$/, 'Name has one of the characters & < > " \'')
    .nullish(),
  label: text,
  tags: z.array(z.string()).nullish(),
  macros: z.array(z.record(z.string(), z.string())).nullish(),
  can_notify: z.boolean().nullish(),
  pool: text,
  retry: z.union([z.number(), z.string()]).nullish(),
  timeout: z.number().nullish(),
};

const SIMPLE = [
  z.looseObject({ ...shared, command_type: z.literal('HiveCommand'), query: text, script_location: text }),
  z.looseObject({ ...shared, command_type: z.literal('PrestoCommand'), query: text, script_location: text }),
  z.looseObject({
    ...shared,
    command_type: z.literal('ShellCommand'),
    inline: text,
    script_location: text,
    parameters: text,
  }),
  z.looseObject({
    ...shared,
    command_type: z.literal('SparkCommand'),
    program: text,
    language: text,
    cmdline: text,
    sql: text,
    note_id: text,
    script_location: text,
    arguments: text,
    user_program_arguments: text,
  }),
  z.looseObject({
    ...shared,
    command_type: z.literal('DbExportCommand'),
    mode: z.enum(['1', '2']),
    dbtap_id: z.union([z.string(), z.number()]),
    db_table: z.string(),
    hive_table: text,
    export_dir: text,
    fields_terminated_by: text,
    db_update_mode: z.enum(['updateonly', 'allowinsert', '']).nullish(),
    db_update_keys: text,
  }),
] as const;

const simple = z.discriminatedUnion('command_type', SIMPLE);

const request = z.discriminatedUnion('command_type', [
  ...SIMPLE,
  z.looseObject({
    ...shared,
    command_type: z.literal('CompositeCommand'),
    sub_commands: z.array(simple).min(1, 'sub_commands has no commands'),
  }),
]);

export type SimpleRequest = z.output<typeof simple>;
export type CommandRequest = z.output<typeof request>;

/** The fields of which a command has exactly one. */
const EXACTLY_ONE: Partial<Record<CommandRequest['command_type'], readonly string[]>> = {
  HiveCommand: ['query', 'script_location'],
  PrestoCommand: ['query', 'script_location'],
  ShellCommand: ['inline', 'script_location'],
  SparkCommand: ['program', 'cmdline', 'sql', 'note_id', 'script_location'],
};

/** Reads what `POST commands` got, and refuses what QDS would refuse. */
export function readRequest(body: unknown): CommandRequest {
  const parsed = request.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join('.') || 'command'}: ${issue?.message}`);
  }
  const commands = parsed.data.command_type === 'CompositeCommand' ? parsed.data.sub_commands : [parsed.data];
  for (const command of commands) checkForms(command);
  return parsed.data;
}

function checkForms(command: CommandRequest): void {
  const fields = EXACTLY_ONE[command.command_type];
  if (!fields) return;
  const given = fields.filter((field) => (command[field] ?? '') !== '');
  if (given.length !== 1) throw invalid(`Exactly one of ${fields.join(', ')} must be specified`);
  if (command.command_type === 'SparkCommand' && command.program && !command.language)
    throw invalid('language must be specified for program');
}
