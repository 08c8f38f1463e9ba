import {
  ActivatePipelineCommand,
  DescribeObjectsCommand,
  ListPipelinesCommand,
  QueryObjectsCommand,
  type DataPipelineClient,
  type PipelineObject,
} from '@aws-sdk/client-data-pipeline';
import { fromAwsError } from '../aws-error.ts';
import { EtlError } from '../domain/failure.ts';
import type { DataPipelineInstance, DataPipelines } from '../ports.ts';

/** DescribeObjects takes no more IDs than that. */
const IDS_PER_DESCRIBE = 25;
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

  async activate(pipelineId, params) {
    const parameterValues = Object.entries(params).map(([id, stringValue]) => ({ id, stringValue }));
    try {
      await client.send(new ActivatePipelineCommand({ pipelineId, parameterValues }));
    } catch (error) {
      const failure = fromAwsError(error, `activate the Data Pipeline ${pipelineId}`);
      if (failure.type === 'Rejected') throw failure;
      const { type, message, retryAfterMs = RETRY_AFTER_MS } = failure;
      if (type === 'Throttled') throw new EtlError(type, message, { retryAfterMs, cause: error });
      throw new EtlError('Unavailable', message, { cause: error });
    }
  },

  async instances(pipelineId) {
    const doing = `list the instances of the Data Pipeline ${pipelineId}`;
    const ids = await allPages(doing, async (marker) => {
      const answer = await client.send(new QueryObjectsCommand({ pipelineId, sphere: 'INSTANCE', marker }));
      return { ...answer, items: answer.ids ?? [] };
    });
    const objects: PipelineObject[] = [];
    for (let from = 0; from < ids.length; from += IDS_PER_DESCRIBE) {
      const objectIds = ids.slice(from, from + IDS_PER_DESCRIBE);
      const described = await allPages(doing, async (marker) => {
        const answer = await client.send(new DescribeObjectsCommand({ pipelineId, objectIds, marker }));
        return { ...answer, items: answer.pipelineObjects ?? [] };
      });
      objects.push(...described);
    }
    const scheduled = (object: PipelineObject) => valueOf(object, '@scheduledStartTime') ?? '';
    return objects
      .sort((one, other) =>
        scheduled(one) < scheduled(other) ? -1 : scheduled(one) > scheduled(other) ? 1 : 0,
      )
      .map(toInstance);
  },
});

interface Page<Item> {
  items: Item[];
  marker?: string | undefined;
  hasMoreResults?: boolean | undefined;
}

/** Follows the markers to the last page. */
async function allPages<Item>(
  doing: string,
  fetchPage: (marker: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  try {
    for (let marker: string | undefined; ;) {
      const page = await fetchPage(marker);
      all.push(...page.items);
      if (page.hasMoreResults !== true || !page.marker) return all;
      marker = page.marker;
    }
  } catch (error) {
    throw fromAwsError(error, doing);
  }
}

const valueOf = ({ fields = [] }: PipelineObject, key: string): string | undefined => {
  const field = fields.find((candidate) => candidate.key === key);
  return field?.stringValue ?? field?.refValue;
};

function toInstance(object: PipelineObject): DataPipelineInstance {
  const { id = '' } = object;
  const status = valueOf(object, '@status');
  if (status === undefined) {
    throw new EtlError('Unexpected', `AWS Data Pipeline described the instance ${id} without a status`);
  }
  const error = valueOf(object, 'errorMessage') ?? valueOf(object, '@failureReason');
  return {
    id,
    name: valueOf(object, '@componentParent') ?? object.name ?? id,
    status,
    ...(error === undefined ? {} : { error }),
  };
}
