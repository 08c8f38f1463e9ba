import type { StepState, StepSummary } from '@aws-sdk/client-emr';
import { unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import type { WorkState } from '../../ports.ts';

/** https://docs.aws.amazon.com/emr/latest/APIReference/API_StepStatus.html */
const STATE: Record<StepState, WorkStatus> = {
  PENDING: 'queued',
  RUNNING: 'running',
  CANCEL_PENDING: 'running',
  COMPLETED: 'done',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
  INTERRUPTED: 'failed',
};

/** A step's state in our words. Throws for a state that is none of the table's. */
export function stateOf({ Status }: StepSummary): WorkState {
  const native = Status?.State ?? '';
  const status = (STATE as Record<string, WorkStatus | undefined>)[native] ?? unexpected('EMR', native);
  if (status !== 'failed') return { status, progress: native };
  const { Reason, Message } = Status?.FailureDetails ?? {};
  const said = Message ?? Reason ?? Status?.StateChangeReason?.Message ?? `the step ended as ${native}`;
  return { status, message: said.replaceAll(/\s+/g, ' ').trim(), ...(Message && { logTail: Message }) };
}
