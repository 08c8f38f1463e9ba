import type { FailureType } from './failure.ts';
import { judge, type LedgerEntry } from './publication.ts';

/** The batches of a publication whose failure is judged. */
export type PublishBatch = 'stage' | 'publish';

/** What happened to a batch, as far as it decides what is done next. */
export interface PublishFault {
  type: FailureType;
  message: string;
}

/** What publishing once does and asks, wherever it runs. */
export interface PublishSteps<Work, Fault extends PublishFault> {
  /** Sends a batch and waits for its end. */
  run(batch: PublishBatch): Promise<Work>;
  /** Called between the load and the publication. */
  loaded(staged: Work): Promise<void>;
  /** What the ledger says now. */
  ledger(): Promise<LedgerEntry>;
  /** Drops the stage; without it a publication that is still on its way fails, as it should. */
  cleanUp(): Promise<void>;
  /** Undefined where nothing happened to the batch: nobody wants the publication any more. */
  faultOf(error: unknown): Fault | undefined;
  /** The error to end with; `reason` is the ledger's, where it has one. */
  failed(fault: Fault, batch: PublishBatch, reason: string | undefined): Error;
  /** Waits before everything is done again. */
  pause(ms: number, fault: Fault): Promise<void>;
}

/** What came of a publication: its work, or what the ledger knew of it. */
export type Published<Work> =
  { alreadyLoaded: false; staged?: Work; moved?: Work } | { alreadyLoaded: true; rows: number | null };

const FIRST_PAUSE_MS = 1_000;
/** A stage that is swept away while its run waits for a person is loaded again; more often it is somebody's mistake. */
const MOST_STAGES_LOST = 3;

/**
 * Loads and publishes until the ledger has it, whatever is answered to a batch, or isn't. `otherFiles`: the key stands
 * for other files that it published before.
 *
 * @param stage the name of the stage table, by which a failure tells that it is gone; empty where there is none
 * @param longestPauseMs between two tries
 */
export async function publishOnce<Work, Fault extends PublishFault>(
  steps: PublishSteps<Work, Fault>,
  { stage, longestPauseMs }: { stage: string; longestPauseMs: number },
): Promise<Published<Work> | 'otherFiles'> {
  let stagesLost = 0;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    let batch: PublishBatch = 'stage';
    try {
      const staged = await steps.run('stage');
      await steps.loaded(staged);
      batch = 'publish';
      const moved = await steps.run('publish');
      return { alreadyLoaded: false, staged, moved };
    } catch (error) {
      const fault = steps.faultOf(error);
      if (fault === undefined) throw error;
      const entry = await steps.ledger();
      const isLost = entry.state === 'absent' && batch === 'publish' && saysGone(fault.message, stage);
      if (isLost) stagesLost += 1;
      const verdict = judge(entry, fault.type, isLost && stagesLost <= MOST_STAGES_LOST);
      if (verdict.kind !== 'again') await steps.cleanUp();
      if (verdict.kind === 'published') return { alreadyLoaded: true, rows: verdict.rows };
      if (verdict.kind === 'nextKey') return 'otherFiles';
      if (verdict.kind === 'failed') throw steps.failed(fault, batch, verdict.message);
      await steps.pause(pauseMs, fault);
    }
  }
}

const saysGone = (message: string, stage: string): boolean =>
  stage !== '' && message.includes(stage) && /does ?n[o']t exist/i.test(message);
