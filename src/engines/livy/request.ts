import { EtlError } from '../../domain/failure.ts';
import { refuse, REFUSALS } from '../../domain/refusals.ts';
import type { JobSpec } from '../../ports.ts';
import { programName, programOfScript, programOfSql } from '../spark-program.ts';
import type { Staging } from '../staging.ts';

/** The body of `POST /batches`, as far as we fill it. */
export interface BatchRequest {
  name: string;
  file: string;
  className?: string;
  args: string[];
  conf: Record<string, string>;
  proxyUser?: string;
  queue?: string;
}

export interface RequestOptions {
  name: string;
  staging: Staging;
  s3Scheme: 's3' | 's3a';
  conf: Record<string, string>;
  proxyUser?: string;
  queue?: string;
}

/** What Livy is asked for; a text is put where the cluster can read it. */
export async function requestOf(spec: JobSpec, key: string, options: RequestOptions): Promise<BatchRequest> {
  const { name, staging, s3Scheme, conf, proxyUser, queue } = options;
  const common = {
    name: key,
    args: spec.kind === 'spark' ? spec.arguments : [],
    conf: { ...conf, ...(spec.kind === 'spark' && spec.conf) },
    ...(proxyUser !== undefined && { proxyUser }),
    ...(queue !== undefined && { queue }),
  };
  const staged = async (text: string) => ({
    ...common,
    file: await staging.put(key, programName(text), text),
  });

  if (spec.kind === 'sql') return staged(programOfSql(spec, s3Scheme));
  if (spec.kind !== 'spark') throw new EtlError('Rejected', `engine ${name}: Livy can't run ${spec.kind}`);
  refuse(`engine ${name}: Livy`, REFUSALS.livy, spec);
  const { app } = spec;
  switch (app.form) {
    case 'sql':
      return staged(programOfScript(app.sql));
    case 'python':
      return { ...common, file: staging.url(app.python) };
    case 'jar':
      return { ...common, file: staging.url(app.jar), className: app.mainClass };
    default:
      throw new EtlError('Rejected', `engine ${name}: Livy takes no ${app.form} for spark`);
  }
}
