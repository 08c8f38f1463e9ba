import { randomId, given, seconds } from '../protocol.ts';
import type { Work, Workshop } from '../workshop.ts';
import type { StepConfig, StepState } from './shapes.ts';

/** One step of a cluster, and its process. */
export class Step {
  readonly id = `s-${randomId(13)}`;
  readonly config: StepConfig;
  readonly createdAt = new Date();
  state: StepState = 'PENDING';
  /** Where its logs go, with a slash at the end. */
  readonly #logs: string | undefined;
  #startedAt: Date | undefined;
  #endedAt: Date | undefined;
  #work: Work | undefined;
  #failure: string | undefined;

  constructor(config: StepConfig, logs: string | undefined) {
    this.config = config;
    this.#logs = logs && `${logs}${this.id}/`;
  }

  get isActive(): boolean {
    return ['PENDING', 'RUNNING', 'CANCEL_PENDING'].includes(this.state);
  }

  /** Runs it to its end. */
  async run(workshop: Workshop): Promise<void> {
    this.state = 'RUNNING';
    this.#startedAt = new Date();
    let code = 1;
    try {
      this.#work = await workshop.start(await commandOf(this.config, workshop), this.#logs);
      // It may have been cancelled while it was made.
      if (this.state !== 'RUNNING') this.#work.kill();
      code = await this.#work.ended;
      if (code !== 0) this.#failure = await this.#work.lastWords();
    } catch (error) {
      this.#failure = (error as Error).message;
    }
    if (this.state === 'RUNNING') this.#end(code === 0 ? 'COMPLETED' : 'FAILED');
    else if (this.state === 'CANCEL_PENDING') this.#end('CANCELLED');
  }

  /** What CancelSteps says of it. */
  cancel(anyhow: boolean): { Status: 'SUBMITTED' | 'FAILED'; Reason?: string } {
    if (this.state === 'PENDING') this.#end('CANCELLED');
    else if (this.state === 'RUNNING' || this.state === 'CANCEL_PENDING') {
      this.state = 'CANCEL_PENDING';
      if (anyhow) this.#work?.kill();
      else this.#work?.interrupt();
    } else return { Status: 'FAILED', Reason: `Cannot cancel a step in ${this.state} state.` };
    return { Status: 'SUBMITTED' };
  }

  /** The cluster ends, and it with it. */
  async interrupt(): Promise<void> {
    if (!this.isActive) return;
    this.#end(this.state === 'PENDING' ? 'CANCELLED' : 'INTERRUPTED');
    this.#work?.kill();
    await this.#work?.ended;
  }

  describe() {
    const { Name, ActionOnFailure, HadoopJarStep } = this.config;
    const { Jar, MainClass, Args, Properties } = HadoopJarStep;
    const failed = this.state === 'FAILED';
    return {
      Id: this.id,
      Name,
      ActionOnFailure,
      Config: {
        Jar,
        Args,
        Properties: Object.fromEntries(Properties.map(({ Key, Value }) => [Key, Value])),
        ...given({ MainClass }),
      },
      Status: {
        State: this.state,
        StateChangeReason: {},
        ...(failed && {
          FailureDetails: given({
            Reason: 'Unknown Error.',
            Message: this.#failure || undefined,
            LogFile: this.#logs && `${this.#logs}stderr.gz`,
          }),
        }),
        Timeline: given({
          CreationDateTime: seconds(this.createdAt),
          StartDateTime: this.#startedAt && seconds(this.#startedAt),
          EndDateTime: this.#endedAt && seconds(this.#endedAt),
        }),
      },
    };
  }

  #end(state: StepState): void {
    this.state = state;
    this.#endedAt = new Date();
  }
}

/** The command line of a step: https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-commandrunner.html */
async function commandOf(
  { HadoopJarStep: { Jar, Args } }: StepConfig,
  workshop: Workshop,
): Promise<string[]> {
  if (/(^|\/)command-runner\.jar$/.test(Jar)) return Args;
  if (/\/script-runner\.jar$/.test(Jar)) {
    const [script = '', ...args] = Args;
    const text = Buffer.from(await workshop.files.read(script)).toString();
    return ['/bin/sh', '-c', text, script, ...args];
  }
  throw new Error(`this stand-in runs command-runner.jar and script-runner.jar, not ${Jar}`);
}
