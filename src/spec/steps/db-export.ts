import { z } from 'zod';
import type { DbExportSpec } from '../../ports.ts';
import { filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import type { Path, YamlSource } from '../yaml-source.ts';
import { command, commandKind, exactlyOne, goesWith } from './command.ts';
import { url } from './fields.ts';

export const dbExportCommand = command({
  kind: 'dbExport',
  schema: z
    .strictObject({
      dbTap: z
        .union([filled(), z.int()])
        .meta({ description: 'The engine’s number of the database.', examples: ['12'] }),
      table: filled().meta({ description: 'The table of the database.' }),
      hiveTable: filled().optional().meta({ description: 'What is exported: a Hive table.' }),
      partition: filled()
        .optional()
        .meta({ description: 'A partition of hiveTable.', examples: ['dt=${interval.date}'] }),
      folder: url().optional().meta({ description: 'Or a folder of text files.' }),
      delimiter: z
        .string()
        .min(1)
        .optional()
        .meta({ description: 'Between the fields of the files in folder.' }),
      updateMode: z.enum(['updateonly', 'allowinsert']).optional().meta({
        description:
          'Rows that are there are updated: by updateKeys and no others, or by the primary key, and new ones added.',
      }),
      updateKeys: z.array(filled()).min(1).optional().meta({ description: 'For updateMode updateonly.' }),
    })
    .meta({ description: 'An export into a database that the engine knows (Qubole’s DbExport).' }),
  texts: { updateMode: 'plain', delimiter: 'plain', 'updateKeys.*': 'plain' },
  job: ({ dbTap, table, hiveTable, partition, folder, delimiter, updateMode, updateKeys }): DbExportSpec => ({
    kind: 'dbExport',
    dbTapId: String(dbTap),
    table,
    from:
      hiveTable === undefined
        ? { folder: folder ?? '', ...(delimiter !== undefined && { delimiter }) }
        : { hiveTable, ...(partition !== undefined && { partition }) },
    ...(updateMode === 'updateonly' && { update: { mode: updateMode, keys: updateKeys ?? [] } }),
    ...(updateMode === 'allowinsert' && { update: { mode: updateMode } }),
  }),
  check: (source, args, path) => [
    ...exactlyOne(source, args, path, ['hiveTable', 'folder']),
    ...goesWith(source, args, path, { field: 'partition', other: 'hiveTable', required: false }),
    ...goesWith(source, args, path, { field: 'delimiter', other: 'folder', required: false }),
    ...goesWith(source, args, path, {
      field: 'updateKeys',
      other: 'updateMode',
      required: args['updateMode'] === 'updateonly',
    }),
    ...keysOfInserts(source, args, path),
  ],
});

export const dbExport = commandKind(dbExportCommand);

/** QDS takes keys with `updateonly` alone; the database knows rows to insert by its primary key. */
function keysOfInserts(source: YamlSource, args: Record<string, unknown>, path: Path): Problem[] {
  if (args['updateMode'] !== 'allowinsert' || args['updateKeys'] === undefined) return [];
  const message =
    'updateKeys goes with updateMode: updateonly; allowinsert goes by the primary key of the table';
  return [
    {
      ...source.placeOfKey([...path, 'updateKeys']),
      code: 'conflicting-fields',
      message,
      fix: 'leave it out',
    },
  ];
}
