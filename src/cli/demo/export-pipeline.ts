import {
  CreatePipelineCommand,
  PutPipelineDefinitionCommand,
  type DataPipelineClient,
  type PipelineObject,
} from '@aws-sdk/client-data-pipeline';
import type { Servers } from '../stack/servers.ts';

/** What a company that comes from AWS Data Pipeline has already: an on-demand pipeline that works on the table. */
const SCRIPT =
  "delete from public.route_export where day = '#{myDay}'; " +
  'insert into public.route_export select day, count(*), sum(flights) from public.route_delays ' +
  "where day = '#{myDay}' group by day";

const object = (
  id: string,
  fields: Record<string, string>,
  refs: Record<string, string> = {},
): PipelineObject => ({
  id,
  name: id,
  fields: [
    ...Object.entries(fields).map(([key, stringValue]) => ({ key, stringValue })),
    ...Object.entries(refs).map(([key, refValue]) => ({ key, refValue })),
  ],
});

/** Makes the Data Pipeline `route-export`, which the example activates at its end. */
export async function createExportPipeline(
  client: DataPipelineClient,
  redshift: Servers['redshift'],
): Promise<void> {
  const { pipelineId } = await client.send(
    new CreatePipelineCommand({ name: 'route-export', uniqueId: 'millrace-route-export' }),
  );
  const { errored, validationErrors } = await client.send(
    new PutPipelineDefinitionCommand({
      pipelineId,
      pipelineObjects: [
        object('Default', { scheduleType: 'ondemand', failureAndRerunMode: 'CASCADE', workerGroup: 'local' }),
        object('Warehouse', {
          type: 'JdbcDatabase',
          connectionString: redshift.jdbc,
          jdbcDriverClass: 'org.postgresql.Driver',
          username: redshift.user,
          '*password': redshift.password,
        }),
        object('RouteExport', { type: 'SqlActivity', script: SCRIPT }, { database: 'Warehouse' }),
      ],
      parameterObjects: [{ id: 'myDay', attributes: [{ key: 'type', stringValue: 'String' }] }],
    }),
  );
  if (errored) throw new Error(`the Data Pipeline was refused: ${JSON.stringify(validationErrors)}`);
}
