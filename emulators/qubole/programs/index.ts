import type { SimpleRequest } from '../request.ts';
import { dbExport } from './db-export.ts';
import type { Program } from './program.ts';
import { shell } from './shell.ts';
import { spark } from './spark.ts';
import { runSql } from './sql.ts';

/** Runs any command but a workflow. */
export const runCommand: Program<SimpleRequest> = async (request, around) => {
  switch (request.command_type) {
    case 'ShellCommand':
      return shell(request, around);
    case 'SparkCommand':
      return spark(request, around);
    case 'HiveCommand':
    case 'PrestoCommand': {
      const sql = request.query ?? (await around.storage.read(request.script_location ?? ''));
      return runSql(sql, request.command_type === 'HiveCommand' ? 'hive' : 'presto', around);
    }
    case 'DbExportCommand':
      return dbExport(request, around);
  }
};
