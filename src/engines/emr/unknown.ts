import { awsErrorOf } from '../aws-api.ts';

/** EMR does not know the cluster or step that was asked for: it says so of both with the same code. */
export function isUnknown(error: unknown): boolean {
  const { name, message } = awsErrorOf(error);
  return name === 'InvalidRequestException' && /is not valid|does not exist|not found/i.test(message);
}

export const isUnknownCluster = (error: unknown): boolean =>
  isUnknown(error) && /cluster/i.test(awsErrorOf(error).message);
