import { isCancellation, log, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { NewDataPlan, NewDataProgress } from '../src/domain/new-data.ts';
import { atOnce } from './activities.ts';
import { failure, faultOf, passedOn } from './failures.ts';
import type { Inbox } from './inbox.ts';

const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 300_000;
/** As JSON: the server takes an input of 2 MB for the next run. */
const MOST_HANDED_ON = 1_000_000;

/** The look-up of what new data is: for as long as its pipeline can't be loaded it keeps what signals have brought. */
export class NewDataOpening {
  readonly #inbox: Inbox;
  readonly #input: unknown;
  #detail = 'reads the pipeline file';

  constructor(inbox: Inbox, input: unknown) {
    this.#inbox = inbox;
    this.#input = input;
  }

  /** Returns the plan, or nothing where a new run of the workflow is to go on with what is in the inbox. */
  async plan(): Promise<NewDataPlan | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
      const opened = await this.#ask();
      if ('wrong' in opened) throw failure('Rejected', opened.wrong);
      if (!('refused' in opened)) return opened;
      // Whoever starts it by hand is told at once; what came by signal nobody else has any more.
      if (this.#inbox.isEmpty && !this.#inbox.isComplete) throw passedOn(opened.refused);
      this.#tell(faultOf(opened.refused).message, pauseMs === FIRST_PAUSE_MS);
      if (workflowInfo().continueAsNewSuggested && this.#canHandOn) return undefined;
      await this.#inbox.wait(Date.now() + pauseMs, 'before the pipeline file is read again');
    }
  }

  async #ask(): Promise<NewDataPlan | { wrong: string } | { refused: unknown }> {
    const { workflowId } = workflowInfo();
    try {
      return await atOnce('reads the pipeline file', (activities) =>
        activities.openNewData({ input: this.#input, workflowId }),
      );
    } catch (error) {
      if (isCancellation(error)) throw error;
      return { refused: error };
    }
  }

  get #canHandOn(): boolean {
    return JSON.stringify(this.#inbox.state).length < MOST_HANDED_ON;
  }

  #tell(reason: string, isFirst: boolean): void {
    const { pipeline, interval } = this.progress();
    const count = this.#inbox.state.files.length;
    this.#detail = `until the pipeline can be loaded, and keeps what has come (${count} files): ${reason}`;
    setCurrentDetails(`New data of **${pipeline}** for **${interval}**: waits ${this.#detail}`);
    if (isFirst) log.warn('new data waits until its pipeline can be loaded', { pipeline, interval, reason });
  }

  /** What can be said before the pipeline is known. */
  progress(): NewDataProgress {
    const [pipeline = '', interval = ''] = workflowInfo().workflowId.split('/', 2);
    return {
      pipeline,
      interval,
      status: 'gathering',
      files: 0,
      duplicates: 0,
      unmatched: 0,
      runs: 0,
      late: { count: 0, files: [] },
      detail: this.#detail,
    };
  }
}
