import { DataPipelineClient } from '@aws-sdk/client-data-pipeline';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { S3Client } from '@aws-sdk/client-s3';
import type { Servers } from '../stack/servers.ts';
import { createExportPipeline } from './export-pipeline.ts';
import { putDay, withDayFiles } from './flights.ts';
import { DemoWarehouse } from './warehouse.ts';

export interface Seeded {
  warehouse: DemoWarehouse;
  /** Puts the file of a day that was held back. */
  arrive(day: string): Promise<void>;
}

/**
 * Puts into a local stack what the example needs: flights by day, the warehouse's tables, a Data Pipeline. `use` runs
 * while the files of the days in `late` are held back.
 */
export async function withFlights<T>(
  { endpoints, env, warehouse, redshift }: Servers,
  days: string[],
  late: string[],
  use: (seeded: Seeded) => Promise<T>,
): Promise<T> {
  const aws = {
    region: env['AWS_REGION'] ?? 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client({ ...aws, endpoint: endpoints.s3, forcePathStyle: true });
  const tables = new DemoWarehouse(
    new RedshiftDataClient({ ...aws, endpoint: endpoints.redshiftData }),
    warehouse,
  );
  const dataPipeline = new DataPipelineClient({ ...aws, endpoint: endpoints.dataPipeline });
  return withDayFiles(days, async (fileOf) => {
    const early = days.filter((day) => !late.includes(day));
    await Promise.all([tables.createTables(), createExportPipeline(dataPipeline, redshift)]);
    // After the rest, because a file may start the run of its day.
    await Promise.all(early.map((day) => putDay(s3, day, fileOf(day))));
    return use({ warehouse: tables, arrive: (day) => putDay(s3, day, fileOf(day)) });
  });
}
