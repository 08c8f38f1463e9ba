import type { Json } from '../src/domain/definition.ts';
import { assertNever } from '../src/domain/failure.ts';
import type { Scope } from '../src/domain/run.ts';
import { renderSql } from '../src/domain/sql-template.ts';
import { renderDeep, renderText } from '../src/domain/template.ts';
import type { CommandSpec, FileSet, QueryOrScript, SparkApp } from '../src/ports.ts';
import { rejecting } from './failures.ts';
import { fileSet } from './file-set.ts';

/** A job of the definition with its templates rendered. */
export function jobSpec(job: CommandSpec, scope: Scope): CommandSpec {
  switch (job.kind) {
    case 'hive':
    case 'presto':
      return { ...job, ...statements(job, scope), ...output(job, scope) };
    case 'spark':
      return {
        ...job,
        app: sparkApp(job.app, scope),
        arguments: texts(job.arguments, scope),
        options: texts(job.options, scope),
        conf: textMap(job.conf, scope),
        ...output(job, scope),
      };
    case 'shell':
      return { ...job, env: textMap(job.env, scope) };
    case 'dbExport':
      return rejecting(() => renderDeep(job as unknown as Json, scope)) as unknown as CommandSpec;
    default:
      return assertNever(job);
  }
}

const statements = (job: QueryOrScript, scope: Scope): QueryOrScript =>
  rejecting(() =>
    'query' in job ? { query: renderSql(job.query, scope) } : { script: renderText(job.script, scope) },
  );

function sparkApp(app: SparkApp, scope: Scope): SparkApp {
  return rejecting(() => {
    switch (app.form) {
      case 'sql':
        return { ...app, sql: renderSql(app.sql, scope) };
      case 'python':
        return { ...app, python: renderText(app.python, scope) };
      case 'jar':
        return { ...app, jar: renderText(app.jar, scope) };
      case 'cmdline':
        return { ...app, cmdline: renderText(app.cmdline, scope) };
      case 'program':
        return app;
      default:
        return assertNever(app);
    }
  });
}

const output = (job: { output?: FileSet }, scope: Scope): { output?: FileSet } =>
  job.output ? { output: fileSet(job.output, scope) } : {};

const texts = (all: readonly string[], scope: Scope): string[] =>
  rejecting(() => all.map((text) => renderText(text, scope)));

const textMap = (all: Readonly<Record<string, string>>, scope: Scope): Record<string, string> =>
  rejecting(() =>
    Object.fromEntries(Object.entries(all).map(([name, text]) => [name, renderText(text, scope)])),
  );
