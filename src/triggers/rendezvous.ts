import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ENDED_MEMO, type RunRecord } from '../domain/run-record.ts';
import type { Rendezvous, RunRecords } from '../ports.ts';
import { describeNewest, unavailable } from './execution.ts';

/** A workflow `<run>/rendezvous` for each run that others wait for. */
export class TemporalRendezvous implements Rendezvous {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #records: Pick<RunRecords, 'read'>;

  constructor(client: Client, taskQueue: string, records: Pick<RunRecords, 'read'>) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#records = records;
  }

  async meet(other: string, waiter: string): Promise<boolean> {
    if (await this.#isDone(other)) return true;
    try {
      await this.#client.workflow.signalWithStart('rendezvous', {
        workflowId: idOf(other),
        taskQueue: this.#taskQueue,
        signal: 'meet',
        signalArgs: [waiter],
      });
    } catch (error) {
      throw unavailable(error);
    }
    // The other run writes its record, or its memo, before it looks for a rendezvous: by now one of the two is seen.
    if (!(await this.#isDone(other))) return false;
    // Not `leave`: of an attempt that was given up, it could take away what a later one waits for.
    await this.announce(other, 'done');
    return true;
  }

  async announce(workflowId: string, status: RunRecord['status']): Promise<void> {
    await this.#signal(workflowId, 'ended', status);
  }

  /** Of a run whose record could not be written Temporal knows it, from the memo or when it is closed. */
  async #isDone(workflowId: string): Promise<boolean> {
    const [pipeline = '', interval = ''] = workflowId.split('/', 2);
    if ((await this.#records.read(pipeline, interval))?.status === 'done') return true;
    const newest = await describeNewest(this.#client, workflowId);
    if (newest?.status.name === 'RUNNING') return newest.memo?.[ENDED_MEMO] === 'done';
    return newest?.status.name === 'COMPLETED';
  }

  async #signal(other: string, signal: string, value: string): Promise<void> {
    try {
      await this.#client.workflow.getHandle(idOf(other)).signal(signal, value);
    } catch (error) {
      // Nobody waits.
      if (!(error instanceof WorkflowNotFoundError)) throw unavailable(error);
    }
  }
}

const idOf = (run: string): string => `${run}/rendezvous`;
