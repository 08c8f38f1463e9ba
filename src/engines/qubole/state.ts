import { EtlError, unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import type { WorkState } from '../../ports.ts';
import type { Command, QuboleApi } from './api.ts';
import { failureMessage } from './message.ts';

const TAIL_BYTES = 4_096;

/** https://docs.qubole.com/en/latest/rest-api/command_api/view-command-status.html */
const STATE: Readonly<Record<string, WorkStatus>> = {
  waiting: 'queued',
  running: 'running',
  cancelling: 'running',
  cancelled: 'cancelled',
  error: 'failed',
  done: 'done',
};

export const statusOf = ({ status }: Pick<Command, 'status'>): WorkStatus =>
  STATE[status] ?? unexpected('Qubole', status);

/** Where a command stands; of a failed one also why, out of its log. */
export async function stateOf(command: Command, api: QuboleApi): Promise<WorkState | EtlError> {
  try {
    const status = statusOf(command);
    if (status === 'failed') return await failed(String(command.id), api);
    return { status, ...(status === 'running' && { progress: progressOf(command) }) };
  } catch (error) {
    if (error instanceof EtlError) return error;
    throw error;
  }
}

/** A log that can't be had is no reason not to tell of the failure. */
async function failed(id: string, api: QuboleApi): Promise<WorkState> {
  try {
    const { text } = await api.log(id, { ended: 0, running: 0 });
    const logTail = Buffer.from(text).subarray(-TAIL_BYTES).toString('utf8').replace(/^�+/, '');
    return { status: 'failed', message: failureMessage(text), logTail };
  } catch (error) {
    if (!(error instanceof EtlError)) throw error;
    return { status: 'failed', message: `the command ended with an error; no log: ${error.message}` };
  }
}

const progressOf = ({ status, progress }: Command): string =>
  typeof progress === 'number' && progress > 0 ? `${status}, ${progress} %` : status;
