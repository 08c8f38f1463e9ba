import { setTimeout as pause } from 'node:timers/promises';
import { ServiceError } from '../../aws-json.ts';
import { given, seconds } from '../protocol.ts';
import type { Workshop } from '../workshop.ts';
import { JobRun } from './job-run.ts';
import type { ApplicationState, CreateApplication, StartJobRun } from './shapes.ts';

/** How long things take that take a minute at AWS, and how long a minute of an idle time-out is. */
export interface Pace {
  startMs: number;
  stopMs: number;
  scheduleMs: number;
  minuteMs: number;
}

/** An application: it starts, runs jobs side by side, stops when it idles. */
export class Application {
  readonly id: string;
  readonly arn: string;
  readonly request: CreateApplication;
  readonly createdAt = new Date();
  /** The oldest first. */
  readonly runs: JobRun[] = [];
  state: ApplicationState = 'CREATED';
  #updatedAt = this.createdAt;
  #idle: NodeJS.Timeout | undefined;
  #made = 0;
  readonly #workshop: Workshop;
  readonly #pace: Pace;

  constructor(id: string, request: CreateApplication, workshop: Workshop, pace: Pace) {
    this.id = id;
    this.arn = `arn:aws:emr-serverless:us-east-1:000000000000:/applications/${id}`;
    this.request = request;
    this.#workshop = workshop;
    this.#pace = pace;
  }

  start(): void {
    if (this.state === 'STARTED' || this.state === 'STARTING') return;
    this.#only(['CREATED', 'STOPPED'], 'started');
    this.#become('STARTING');
    void pause(this.#pace.startMs, undefined, { ref: false }).then(() => {
      if (this.state !== 'STARTING') return;
      this.#become('STARTED');
      for (const run of this.runs.filter((each) => !each.hasEnded)) void this.#run(run);
      this.#rest();
    });
  }

  async stop(): Promise<void> {
    if (this.state === 'STOPPED' || this.state === 'CREATED') return;
    this.#only(['STARTED', 'STARTING'], 'stopped');
    if (this.runs.some((run) => !run.hasEnded)) {
      const message = `Application ${this.id} cannot be stopped because it has job runs that are not in a terminal state.`;
      throw new ServiceError('ValidationException', message);
    }
    clearTimeout(this.#idle);
    this.#become('STOPPING');
    void pause(this.#pace.stopMs, undefined, { ref: false }).then(() => this.#become('STOPPED'));
  }

  /** A token that came before means the run that it started; with another request it is a conflict. */
  submit(request: StartJobRun): JobRun {
    const before = this.runs.find((run) => run.request.clientToken === request.clientToken);
    if (before) {
      if (JSON.stringify(before.request) === JSON.stringify(request)) return before;
      const message = 'The client token was used with other parameters before.';
      throw new ServiceError('ConflictException', message, 409);
    }
    if (!request.jobDriver) throw new ServiceError('ValidationException', 'jobDriver must not be null');
    const kind = 'hive' in request.jobDriver ? 'hive' : 'spark';
    if (kind !== this.request.type.toLowerCase()) {
      const message = `A ${this.request.type} application does not run ${kind} jobs`;
      throw new ServiceError('ValidationException', message);
    }
    if (this.state !== 'STARTED' && this.state !== 'STARTING') {
      if (!this.request.autoStartConfiguration.enabled)
        throw new ServiceError('ValidationException', `Application ${this.id} is not started`);
      this.start();
    }
    this.#made += 1;
    const run = new JobRun(`${this.id.slice(0, 8)}${String(this.#made).padStart(8, '0')}`, this.arn, request);
    this.runs.push(run);
    clearTimeout(this.#idle);
    run.waitFor('PENDING');
    if (this.state === 'STARTED') void this.#run(run);
    return run;
  }

  /** Only a stopped one can be changed. */
  update(
    changes: Partial<Pick<CreateApplication, 'autoStartConfiguration' | 'autoStopConfiguration'>>,
  ): void {
    this.#only(['CREATED', 'STOPPED'], 'updated');
    Object.assign(this.request, given(changes));
    this.#updatedAt = new Date();
  }

  async terminate(): Promise<void> {
    clearTimeout(this.#idle);
    this.#become('TERMINATED');
    await Promise.all(this.runs.map((run) => run.interrupt()));
  }

  describe() {
    const { name, releaseLabel, type, tags, autoStartConfiguration, autoStopConfiguration } = this.request;
    return {
      ...given({ name }),
      arn: this.arn,
      releaseLabel,
      type,
      state: this.state,
      createdAt: seconds(this.createdAt),
      updatedAt: seconds(this.#updatedAt),
      tags,
      autoStartConfiguration,
      autoStopConfiguration,
      architecture: 'X86_64',
    };
  }

  async #run(run: JobRun): Promise<void> {
    run.waitFor('SCHEDULED');
    await pause(this.#pace.scheduleMs);
    if (this.state === 'STARTED') await run.run(this.#workshop, `applications/${this.id}`);
    this.#rest();
  }

  /** Stops after a while, unless there is work again. */
  #rest(): void {
    clearTimeout(this.#idle);
    const { enabled, idleTimeoutMinutes } = this.request.autoStopConfiguration;
    if (!enabled || this.state !== 'STARTED' || this.runs.some((run) => !run.hasEnded)) return;
    this.#idle = setTimeout(
      () => void this.stop().catch(() => undefined),
      idleTimeoutMinutes * this.#pace.minuteMs,
    );
    this.#idle.unref();
  }

  #only(states: ApplicationState[], done: string): void {
    if (states.includes(this.state)) return;
    const message = `Application ${this.id} must be in one of the following statuses [${states.join(', ')}] to be ${done}. Current status: ${this.state}`;
    throw new ServiceError('ValidationException', message);
  }

  #become(state: ApplicationState): void {
    this.state = state;
    this.#updatedAt = new Date();
  }
}
