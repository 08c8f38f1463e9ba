import {
  DescribeObjectsCommand,
  QueryObjectsCommand,
  type DataPipelineClient,
  type PipelineObject,
} from '@aws-sdk/client-data-pipeline';
import { EtlError } from '../../domain/failure.ts';
import { instanceOutcome } from '../../domain/instance.ts';
import type { DataPipelineInstance, DataPipelines } from '../../ports.ts';
import { allPages } from './pages.ts';

/** DescribeObjects takes no more IDs than that. */
const IDS_PER_DESCRIBE = 25;

type Which = Parameters<DataPipelines['instances']>[1];

/** A pipeline's instances, newest last; of those that failed, what their last attempt says of it. */
export async function listInstances(
  client: DataPipelineClient,
  pipelineId: string,
  { since, except = new Set() }: NonNullable<Which> = {},
): Promise<DataPipelineInstance[]> {
  const doing = `list the instances of the Data Pipeline ${pipelineId}`;
  // Times go over the wire in whole seconds of UTC, without a zone.
  const operator = { type: 'GE' as const, values: [since?.slice(0, 19) ?? ''] };
  const query =
    since === undefined ? undefined : { selectors: [{ fieldName: '@scheduledStartTime', operator }] };
  const ids = await allPages(doing, async (marker) => {
    const asked = new QueryObjectsCommand({ pipelineId, sphere: 'INSTANCE', query, marker });
    const answer = await client.send(asked);
    return { ...answer, items: answer.ids ?? [] };
  });
  const describe = async (wanted: string[]) => {
    const objects: PipelineObject[] = [];
    for (let from = 0; from < wanted.length; from += IDS_PER_DESCRIBE) {
      const objectIds = wanted.slice(from, from + IDS_PER_DESCRIBE);
      const described = await allPages(doing, async (marker) => {
        const answer = await client.send(new DescribeObjectsCommand({ pipelineId, objectIds, marker }));
        return { ...answer, items: answer.pipelineObjects ?? [] };
      });
      objects.push(...described);
    }
    return objects;
  };

  const objects = await describe(ids.filter((id) => !except.has(id)));
  const failed = objects.filter((object) => instanceOutcome(statusOf(object)) === 'failed');
  const attempts = await describe(failed.flatMap((object) => valueOf(object, '@headAttempt') ?? []));
  const attemptOf = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  return objects
    .map((object) => toInstance(pipelineId, object, attemptOf.get(valueOf(object, '@headAttempt'))))
    .sort(({ scheduledAt: one }, { scheduledAt: other }) => (one < other ? -1 : one > other ? 1 : 0));
}

const valueOf = ({ fields = [] }: PipelineObject, key: string): string | undefined => {
  const field = fields.find((candidate) => candidate.key === key);
  return field?.stringValue ?? field?.refValue;
};

function statusOf(object: PipelineObject): string {
  const status = valueOf(object, '@status');
  if (status !== undefined) return status;
  throw new EtlError('Unexpected', `AWS Data Pipeline described the instance ${object.id} without a status`);
}

function toInstance(
  pipelineId: string,
  object: PipelineObject,
  attempt: PipelineObject | undefined,
): DataPipelineInstance {
  const { id = '' } = object;
  const error =
    (attempt && valueOf(attempt, 'errorMessage')) ??
    valueOf(object, 'errorMessage') ??
    valueOf(object, '@failureReason');
  const log = attempt && logOf(pipelineId, object, attempt);
  return {
    id,
    name: valueOf(object, '@componentParent') ?? object.name ?? id,
    status: statusOf(object),
    scheduledAt: `${valueOf(object, '@scheduledStartTime') ?? ''}Z`,
    ...(error === undefined ? {} : { error }),
    ...(log === undefined ? {} : { log }),
  };
}

/**
 * Where an attempt's log is: EMR's, Hadoop's, or its folder under `pipelineLogUri`.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-viewing-logs.html
 */
function logOf(pipelineId: string, instance: PipelineObject, attempt: PipelineObject): string | undefined {
  const named = valueOf(attempt, 'emrStepLog') ?? valueOf(attempt, 'hadoopJobLog');
  const root = valueOf(attempt, 'pipelineLogUri')?.replace(/\/$/, '');
  if (named !== undefined || root === undefined) return named;
  return [root, pipelineId, valueOf(instance, '@componentParent'), instance.id, attempt.id, ''].join('/');
}
