import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { EtlError } from '../domain/failure.ts';

/** The newest execution of a workflow ID; undefined if Temporal knows none. */
export async function describeNewest(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw unavailable(error);
  }
}

export const unavailable = (error: unknown): EtlError =>
  new EtlError('Unavailable', `Temporal: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
