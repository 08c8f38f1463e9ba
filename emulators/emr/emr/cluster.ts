import { setTimeout as pause } from 'node:timers/promises';
import { ServiceError } from '../../aws-json.ts';
import { given, randomId, seconds } from '../protocol.ts';
import type { Workshop } from '../workshop.ts';
import type { ClusterState, RunJobFlow, StepConfig } from './shapes.ts';
import { Step } from './step.ts';

/** How long things take that take minutes at AWS, and how long a second of an idle time-out is. */
export interface Pace {
  startMs: number;
  bootstrapMs: number;
  terminateMs: number;
  secondMs: number;
}

/** https://docs.aws.amazon.com/general/latest/gr/emr.html */
const MOST_ACTIVE_STEPS = 256;
const UP: readonly ClusterState[] = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'];

/** A cluster: it starts, bootstraps, runs steps in order, idles out, and ends. */
export class Cluster {
  readonly id = `j-${randomId(13)}`;
  readonly request: RunJobFlow;
  readonly createdAt = new Date();
  /** The oldest first. */
  readonly steps: Step[] = [];
  state: ClusterState = 'STARTING';
  isProtected: boolean;
  tags: RunJobFlow['Tags'];
  idleTimeout: number | undefined;
  #concurrency: number;
  #reason: { Code?: string; Message?: string } = {};
  #readyAt: Date | undefined;
  #endedAt: Date | undefined;
  #idle: NodeJS.Timeout | undefined;
  readonly #pace: Pace;
  readonly #workshop: Workshop;
  readonly #life = new AbortController();

  constructor(request: RunJobFlow, workshop: Workshop, pace: Pace) {
    this.request = request;
    this.isProtected = request.Instances.TerminationProtected;
    this.tags = request.Tags;
    this.idleTimeout = request.AutoTerminationPolicy?.IdleTimeout;
    this.#concurrency = request.StepConcurrencyLevel;
    this.#workshop = workshop;
    this.#pace = pace;
    this.add(request.Steps);
    void this.#comeUp().catch(() => undefined);
  }

  get isUp(): boolean {
    return UP.includes(this.state);
  }

  get #logs(): string | undefined {
    const uri = this.request.LogUri;
    return uri === undefined ? undefined : `${uri.replace(/\/*$/, '/')}${this.id}/`;
  }

  add(configs: StepConfig[]): Step[] {
    const active = this.steps.filter((step) => step.isActive).length;
    if (active + configs.length > MOST_ACTIVE_STEPS) {
      const message =
        "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded.";
      throw new ServiceError('ValidationException', message);
    }
    const logs = this.#logs && `${this.#logs}steps/`;
    const steps = configs.map((config) => new Step(config, logs));
    this.steps.push(...steps);
    this.#goOn();
    return steps;
  }

  setConcurrency(level: number): void {
    this.#concurrency = level;
    this.#goOn();
  }

  setIdleTimeout(idleTimeout: number | undefined): void {
    this.idleTimeout = idleTimeout;
    this.#goOn();
  }

  /** Ends it, with everything on it. */
  async terminate(Code: string, Message: string, state: ClusterState = 'TERMINATED'): Promise<void> {
    if (!this.isUp) return;
    this.state = 'TERMINATING';
    this.#reason = { Code, Message };
    this.#life.abort();
    clearTimeout(this.#idle);
    await Promise.all([pause(this.#pace.terminateMs), ...this.steps.map((step) => step.interrupt())]);
    this.state = state;
    this.#endedAt = new Date();
  }

  summary() {
    return {
      Id: this.id,
      Name: this.request.Name,
      ClusterArn: `arn:aws:elasticmapreduce:us-east-1:000000000000:cluster/${this.id}`,
      NormalizedInstanceHours: 0,
      Status: {
        State: this.state,
        StateChangeReason: this.#reason,
        Timeline: given({
          CreationDateTime: seconds(this.createdAt),
          ReadyDateTime: this.#readyAt && seconds(this.#readyAt),
          EndDateTime: this.#endedAt && seconds(this.#endedAt),
        }),
      },
    };
  }

  describe() {
    const { LogUri, ReleaseLabel, ServiceRole, JobFlowRole, Instances, Applications } = this.request;
    return {
      ...this.summary(),
      ...given({ LogUri, ReleaseLabel, ServiceRole }),
      Applications: Applications.map(({ Name }) => ({ Name })),
      AutoTerminate: !Instances.KeepJobFlowAliveWhenNoSteps,
      TerminationProtected: this.isProtected,
      VisibleToAllUsers: true,
      Tags: this.tags,
      StepConcurrencyLevel: this.#concurrency,
      InstanceCollectionType: Instances.InstanceFleets ? 'INSTANCE_FLEET' : 'INSTANCE_GROUP',
      Ec2InstanceAttributes: given({ IamInstanceProfile: JobFlowRole }),
    };
  }

  async #comeUp(): Promise<void> {
    const { signal } = this.#life;
    await pause(this.#pace.startMs, undefined, { signal });
    this.state = 'BOOTSTRAPPING';
    await pause(this.#pace.bootstrapMs, undefined, { signal });
    for (const { Name, ScriptBootstrapAction: action } of this.request.BootstrapActions) {
      const script = Buffer.from(await this.#workshop.files.read(action.Path)).toString();
      const logs = this.#logs && `${this.#logs}node/i-0000000000/bootstrap-actions/1/`;
      const work = await this.#workshop.start(['/bin/sh', '-c', script, Name, ...action.Args], logs);
      const code = await work.ended;
      if (code === 0) continue;
      const message = `On the master instance (i-0000000000), bootstrap action 1 returned a non-zero return code`;
      return this.terminate('BOOTSTRAP_FAILURE', message, 'TERMINATED_WITH_ERRORS');
    }
    if (signal.aborted) return;
    this.#readyAt = new Date();
    this.state = 'WAITING';
    this.#goOn();
  }

  /** Starts what may start, and has the cluster idle when nothing may. */
  #goOn(): void {
    if (this.state !== 'WAITING' && this.state !== 'RUNNING') return;
    clearTimeout(this.#idle);
    const running = this.steps.filter(({ state }) => state === 'RUNNING' || state === 'CANCEL_PENDING');
    const next = this.steps
      .filter(({ state }) => state === 'PENDING')
      .slice(0, this.#concurrency - running.length);
    for (const step of next) void step.run(this.#workshop).then(() => this.#afterStep(step));
    const isBusy = running.length + next.length > 0;
    this.state = isBusy ? 'RUNNING' : 'WAITING';
    if (isBusy) return;
    const ended = this.steps.length > 0 && !this.request.Instances.KeepJobFlowAliveWhenNoSteps;
    if (ended) return void this.terminate('ALL_STEPS_COMPLETED', 'Steps completed');
    if (this.idleTimeout === undefined) return;
    const end = () => void this.terminate('USER_REQUEST', 'Terminated by auto-termination policy');
    this.#idle = setTimeout(end, this.idleTimeout * this.#pace.secondMs);
    this.#idle.unref();
  }

  #afterStep({ state, config }: Step): void {
    if (state === 'FAILED') {
      const action = config.ActionOnFailure;
      if (action === 'TERMINATE_CLUSTER' || action === 'TERMINATE_JOB_FLOW')
        return void this.terminate('STEP_FAILURE', 'Shut down as step failed', 'TERMINATED_WITH_ERRORS');
      if (action === 'CANCEL_AND_WAIT')
        for (const step of this.steps) if (step.state === 'PENDING') step.cancel(false);
    }
    this.#goOn();
  }
}
