import { paint, table } from '../output.ts';
import type { Servers } from './servers.ts';

/** The stack's addresses for a person; what is a stand-in says so. */
export function describeStack({ endpoints, warehouse }: Servers): string {
  const { temporal, ui, s3, redshiftData, dataPipeline, webhook } = endpoints;
  const { workgroup, database } = warehouse;
  const rows = [
    ['temporal', temporal, ui === null ? 'given by TEMPORAL_ADDRESS' : 'development server'],
    ...(ui === null ? [] : [['ui', ui, "Temporal's web UI"]]),
    ['s3, sqs', s3, 'ministack, a stand-in for Amazon S3 and SQS'],
    ['redshiftData', redshiftData, "Millrace's stand-in over PostgreSQL, not Amazon Redshift"],
    ['', '', `workgroup ${workgroup}, database ${database}`],
    ['dataPipeline', dataPipeline, "Millrace's stand-in, not AWS Data Pipeline"],
    ['webhook', webhook, 'receives what notify sends'],
  ];
  return table(
    rows.map(([name = '', address = '', what = '']) => [`  ${name}`, address, paint('dim', what)]),
  );
}
