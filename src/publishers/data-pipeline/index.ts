import {
  ActivatePipelineCommand,
  DeactivatePipelineCommand,
  DescribePipelinesCommand,
  GetPipelineDefinitionCommand,
  ListPipelinesCommand,
  type DataPipelineClient,
} from '@aws-sdk/client-data-pipeline';
import { fromAwsError } from '../../aws-error.ts';
import { EtlError } from '../../domain/failure.ts';
import type { DataPipelines } from '../../ports.ts';
import { listInstances } from './instances.ts';
import { allPages } from './pages.ts';

/** AWS takes about one activation a second, and doesn't say when the next one may come. */
const RETRY_AFTER_MS = 2_000;

/**
 * AWS Data Pipeline over its API. The client has to come with `maxAttempts: 1`: an activation that is sent twice
 * cancels what the first one started.
 *
 * An activation that was surely not accepted is `Rejected` or `Throttled`; after `Unavailable` nobody knows.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/APIReference/Welcome.html
 */
export const createDataPipelines = ({ client }: { client: DataPipelineClient }): DataPipelines => ({
  async resolve(name) {
    const pipelines = await allPages(`look for the Data Pipeline ${name}`, async (marker) => {
      const answer = await client.send(new ListPipelinesCommand({ marker }));
      return { ...answer, items: answer.pipelineIdList ?? [] };
    });
    const ids = pipelines.flatMap((pipeline) =>
      pipeline.name === name && pipeline.id !== undefined ? [pipeline.id] : [],
    );
    const [id, ...others] = ids;
    if (id === undefined) {
      throw new EtlError(
        'Rejected',
        `no Data Pipeline is named ${JSON.stringify(name)}; create it, or mend the name`,
      );
    }
    if (others.length > 0) {
      throw new EtlError(
        'Rejected',
        `${ids.length} Data Pipelines are named ${JSON.stringify(name)}: ${ids.join(', ')}; delete or rename all but one`,
      );
    }
    return id;
  },

  async activate(pipelineId, params, startAt) {
    const parameterValues = Object.entries(params).map(([id, stringValue]) => ({ id, stringValue }));
    const startTimestamp = startAt === undefined ? undefined : new Date(startAt);
    try {
      await client.send(new ActivatePipelineCommand({ pipelineId, parameterValues, startTimestamp }));
    } catch (error) {
      const failure = fromAwsError(error, `activate the Data Pipeline ${pipelineId}`);
      if (failure.type === 'Rejected') throw failure;
      const { type, message, retryAfterMs = RETRY_AFTER_MS } = failure;
      if (type === 'Throttled') throw new EtlError(type, message, { retryAfterMs, cause: error });
      throw new EtlError('Unavailable', message, { cause: error });
    }
  },

  async deactivate(pipelineId) {
    try {
      await client.send(new DeactivatePipelineCommand({ pipelineId, cancelActive: true }));
    } catch (error) {
      throw fromAwsError(error, `deactivate the Data Pipeline ${pipelineId}`);
    }
  },

  async isDeactivating(pipelineId) {
    try {
      const answer = await client.send(new DescribePipelinesCommand({ pipelineIds: [pipelineId] }));
      const [{ fields = [] } = {}] = answer.pipelineDescriptionList ?? [];
      return fields.some(
        ({ key, stringValue }) => key === '@pipelineState' && stringValue === 'DEACTIVATING',
      );
    } catch (error) {
      throw fromAwsError(error, `describe the Data Pipeline ${pipelineId}`);
    }
  },

  async activeParams(pipelineId) {
    try {
      const version = 'active';
      const { parameterValues = [] } = await client.send(
        new GetPipelineDefinitionCommand({ pipelineId, version }),
      );
      return Object.fromEntries(parameterValues.map(({ id = '', stringValue = '' }) => [id, stringValue]));
    } catch (error) {
      throw fromAwsError(error, `read the parameters of the Data Pipeline ${pipelineId}`);
    }
  },

  instances: async (pipelineId, which) => listInstances(client, pipelineId, which),
});
