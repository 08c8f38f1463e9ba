import { given, seconds } from '../protocol.ts';
import type { Work, Workshop } from '../workshop.ts';
import type { JobRunState, StartJobRun } from './shapes.ts';

/** One job run, and its process. */
export class JobRun {
  readonly id: string;
  readonly arn: string;
  readonly request: StartJobRun;
  readonly createdAt = new Date();
  state: JobRunState = 'SUBMITTED';
  #details = 'The job run was submitted.';
  #updatedAt = this.createdAt;
  #startedAt: Date | undefined;
  #endedAt: Date | undefined;
  #work: Work | undefined;

  constructor(id: string, applicationArn: string, request: StartJobRun) {
    this.id = id;
    this.arn = `${applicationArn}/jobruns/${id}`;
    this.request = request;
  }

  get hasEnded(): boolean {
    return this.#endedAt !== undefined;
  }

  waitFor(state: 'PENDING' | 'SCHEDULED'): void {
    if (!this.hasEnded && this.state !== 'CANCELLING')
      this.#become(state, `The job run is ${state.toLowerCase()}.`);
  }

  /** Runs it to its end. */
  async run(workshop: Workshop, folder: string): Promise<void> {
    if (this.state === 'CANCELLING' || this.hasEnded) return;
    this.#become('RUNNING', 'The job run is running.');
    this.#startedAt = new Date();
    const { command, driver } = commandOf(this.request);
    const uri =
      this.request.configurationOverrides?.monitoringConfiguration?.s3MonitoringConfiguration?.logUri;
    const logs = uri && `${uri.replace(/\/*$/, '/')}${folder}/jobs/${this.id}/${driver}/`;
    this.#work = await workshop.start(command, logs);
    if (this.#isCancelling()) this.#work.kill();
    const code = await this.#work.ended;
    if (this.hasEnded) return;
    if (this.#isCancelling()) return this.#end('CANCELLED', 'The job run was cancelled.');
    if (code === 0) return this.#end('SUCCESS', 'The job run succeeded.');
    const words = await this.#work.lastWords();
    this.#end(
      'FAILED',
      `Job failed, please check complete logs in configured logging destination. ExitCode: ${code}. Last few exceptions: ${words || 'none'}`.slice(
        0,
        256,
      ),
    );
  }

  cancel(): void {
    if (this.#work) {
      this.#become('CANCELLING', 'The job run is being cancelled.');
      this.#work.interrupt();
    } else this.#end('CANCELLED', 'The job run was cancelled.');
  }

  /** The application ends, and it with it. */
  async interrupt(): Promise<void> {
    if (this.hasEnded) return;
    this.#end('CANCELLED', 'The application was stopped.');
    this.#work?.kill();
    await this.#work?.ended;
  }

  summary() {
    return {
      name: this.request.name ?? '',
      arn: this.arn,
      createdBy: 'arn:aws:iam::000000000000:user/local',
      createdAt: seconds(this.createdAt),
      updatedAt: seconds(this.#updatedAt),
      executionRole: this.request.executionRoleArn,
      state: this.state,
      stateDetails: this.#details,
      mode: 'BATCH',
      attempt: 1,
    };
  }

  describe() {
    const { jobDriver, tags, configurationOverrides } = this.request;
    return {
      ...this.summary(),
      ...given({
        jobDriver,
        configurationOverrides,
        startedAt: this.#startedAt && seconds(this.#startedAt),
        endedAt: this.#endedAt && seconds(this.#endedAt),
      }),
      tags,
    };
  }

  /** Asked of a method, because the state changes while one waits. */
  #isCancelling(): boolean {
    return this.state === 'CANCELLING';
  }

  #end(state: JobRunState, details: string): void {
    this.#endedAt = new Date();
    this.#become(state, details);
  }

  #become(state: JobRunState, details: string): void {
    this.state = state;
    this.#details = details;
    this.#updatedAt = new Date();
  }
}

function commandOf({ jobDriver }: StartJobRun): {
  command: string[];
  driver: 'SPARK_DRIVER' | 'HIVE_DRIVER';
} {
  if (jobDriver && 'hive' in jobDriver) {
    const { query } = jobDriver.hive;
    return { command: ['hive', /^s3:/.test(query) ? '-f' : '-e', query], driver: 'HIVE_DRIVER' };
  }
  const {
    entryPoint = '',
    entryPointArguments = [],
    sparkSubmitParameters = '',
  } = jobDriver?.sparkSubmit ?? {};
  const words = sparkSubmitParameters.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const parameters = words.map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word,
  );
  return {
    command: ['spark-submit', ...parameters, entryPoint, ...entryPointArguments],
    driver: 'SPARK_DRIVER',
  };
}
