import { z } from 'zod';
import type { CommandSpec } from '../../ports.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import type { Command } from './command.ts';
import { dbExportCommand } from './db-export.ts';
import { engine } from './fields.ts';
import { hiveCommand } from './hive.ts';
import { kindSpec, type Build, type KindCheck, type KindSpec } from './kind.ts';
import { prestoCommand } from './presto.ts';
import { shellCommand } from './shell.ts';
import { sparkCommand } from './spark.ts';

const COMMANDS = [hiveCommand, sparkCommand, prestoCommand, dbExportCommand, shellCommand] as const;
const NAMES = COMMANDS.map(({ kind }) => kind);

const item = z
  .strictObject({
    hive: hiveCommand.schema.optional(),
    spark: sparkCommand.schema.optional(),
    presto: prestoCommand.schema.optional(),
    dbExport: dbExportCommand.schema.optional(),
    shell: shellCommand.schema.optional(),
  })
  .meta({
    description: 'A command, of exactly one kind.',
    oneOf: NAMES.map((kind) => ({ required: [kind] })),
  });

const texts: KindSpec['texts'] = Object.fromEntries(
  COMMANDS.flatMap(({ kind, texts: own }) =>
    Object.entries(own).map(([way, meant]) => [`commands.*.${kind}.${way}`, meant]),
  ),
);

export const chain = kindSpec('chain', {
  schema: z
    .strictObject({
      engine: engine(),
      commands: z.array(item).min(1).meta({ description: 'Run in this order; the first failure ends it.' }),
      push: z.boolean().optional().meta({
        description: 'The engine tells of the end by itself, so that nobody polls; it needs a queue.',
      }),
    })
    .meta({
      description: 'Several commands as one job, where the engine has such; else one after the other.',
    }),
  connection: 'engine',
  texts,
  build: ({ engine: own, commands, push = false }, build) => ({
    engine: build.connection('engine', own),
    commands: commands.map((args) => jobOf(args, build)),
    push,
  }),
  check: checkCommands,
});

function jobOf(args: z.output<typeof item>, build: Build): CommandSpec {
  for (const { kind, job } of COMMANDS as unknown as readonly Command[]) {
    const own = args[kind];
    if (own !== undefined) return job(own, build);
  }
  throw new Error('a command of a chain has no kind');
}

function checkCommands({ source, step: { path, fields } }: KindCheck): Problem[] {
  const args = fields['chain'];
  const commands = isRawMap(args) && Array.isArray(args['commands']) ? args['commands'] : [];
  return commands.flatMap((raw: unknown, index): Problem[] => {
    if (!isRawMap(raw)) return [];
    const at = [...path, 'chain', 'commands', index];
    const own = COMMANDS.filter(({ kind }) => raw[kind] !== undefined);
    const [first, second] = own;
    if (second) {
      const message = `a command has one kind, and this one has ${own.map(({ kind }) => kind).join(' and ')}`;
      const place = source.placeOfKey([...at, second.kind]);
      return [{ ...place, code: 'two-kinds', message, fix: 'make a command of each' }];
    }
    if (!first) {
      // A misspelt kind is told as an unknown field.
      if (Object.keys(raw).length > 0) return [];
      const fix = `add what it does, one of ${NAMES.join(', ')}`;
      return [{ ...source.place(at), code: 'no-kind', message: 'the command has no kind', fix }];
    }
    const command = raw[first.kind];
    return isRawMap(command) ? first.check(source, command, [...at, first.kind]) : [];
  });
}
