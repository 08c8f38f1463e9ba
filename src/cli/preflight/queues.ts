import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Client } from '@temporalio/client';
import { awsRequests } from '../../aws-requests.ts';
import { fromAwsError } from '../../aws-error.ts';
import type { Configuration, Environment } from '../../config.ts';
import type { Definition } from '../../domain/definition.ts';
import { FAILURE } from '../../domain/failure.ts';
import type { Finding } from '../../domain/preflight.ts';
import { PUSH_WITHOUT_QUEUE } from '../../domain/refusals.ts';
import { resolveReference } from '../../spec/load-config.ts';
import { REQUEST_TIMEOUT_MS } from '../../state.ts';

/** Temporal's number for the queue of workflow tasks. */
const WORKFLOW_TASKS = 1;

/** Whether somebody works off the task queue. */
export async function taskQueueFindings(
  { connection, options }: Client,
  taskQueue: string,
): Promise<Finding[]> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
  if (pollers && pollers.length > 0) return [];
  const message = `no worker has asked the task queue ${taskQueue} for work in the last minutes; start one by \`millrace worker\``;
  return [{ step: null, level: 'warning', code: 'queue', type: 'Unavailable', message }];
}

/** Whether the queues are there by which chains tell of their end. */
export async function pushQueueFindings(
  { steps }: Definition,
  { engines }: Configuration,
  env: Environment,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const client = new SQSClient(awsRequests(REQUEST_TIMEOUT_MS));
  try {
    for (const step of steps) {
      if (step.kind !== 'chain' || !step.args.push) continue;
      const engine = engines[step.args.engine];
      // Elsewhere the commands of a chain are jobs of their own.
      if (engine?.type !== 'qubole') continue;
      const fault = engine.push
        ? await queueFault(client, resolveReference(engine.push.queue, env, 'push.queue'))
        : `the engine ${step.args.engine} ${PUSH_WITHOUT_QUEUE.says}; ${PUSH_WITHOUT_QUEUE.fix}`;
      if (fault)
        found.push({ step: step.id, level: 'error', code: 'queue', type: 'Rejected', message: fault });
    }
    return found;
  } finally {
    client.destroy();
  }
}

async function queueFault(client: SQSClient, QueueUrl: string): Promise<string | undefined> {
  try {
    await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return undefined;
  } catch (error) {
    const failure = fromAwsError(error, `read the queue ${QueueUrl}`);
    if (FAILURE[failure.type].retryable) throw failure;
    return `${failure.message}; make it, or mend push.queue in millrace.yaml`;
  }
}
