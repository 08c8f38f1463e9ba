import type { StepSummary } from '@aws-sdk/client-emr';
import { setTimeout as pause } from 'node:timers/promises';
import { EtlError } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import type {
  ClusterRef,
  ClusterSpec,
  JobEngine,
  JobKind,
  JobOutcome,
  JobSpec,
  KeyedJob,
  LogPage,
  Submission,
  WorkRef,
  WorkState,
} from '../../ports.ts';
import { AwsApi } from '../aws-api.ts';
import { readLog, readLogs, reasonIn, tailOf } from '../s3-log.ts';
import { Clusters } from './clusters.ts';
import type { EmrOptions } from './options.ts';
import { valuesOf } from './shell.ts';
import { stateOf } from './state.ts';
import { stepConfig } from './step-config.ts';
import { Submissions } from './submissions.ts';
import { ACTIVE, createdAt, isActive, Steps } from './steps.ts';

const HOUR_MS = 3_600_000;
const LOOK_AGAIN_MS = 250;

interface Place {
  cluster: string;
  step: string;
}

/** Amazon EMR on EC2: jobs are steps of a cluster. https://docs.aws.amazon.com/emr/latest/APIReference/ */
export class EmrEngine implements JobEngine {
  readonly kinds = ['sql', 'hive', 'spark', 'shell'] as const;
  readonly keyMemoryMs = 24 * HOUR_MS;
  readonly lookAfterMs: number;
  readonly #options: EmrOptions;
  readonly #clusters: Clusters;
  readonly #steps: Steps;
  readonly #submissions: Submissions;

  constructor(options: EmrOptions) {
    this.#options = options;
    const api = new AwsApi('EMR');
    this.#clusters = new Clusters(options, api);
    this.#steps = new Steps(options.client, api);
    this.#submissions = new Submissions(options.store, options.staging);
    this.lookAfterMs = options.requestTimeoutMs;
  }

  async ensureCluster(spec: ClusterSpec, key: string, before?: ClusterRef): Promise<ClusterRef> {
    if (before) return this.#standing(before.id, before.started);
    const there = await this.#clusters.current();
    const { id, launched } = there ? { id: there, launched: false } : await this.#clusters.launch(spec, key);
    const started = launched || (await this.#clusters.isOf(id, key));
    if (!started && spec.release === 'whenIdle') await this.#clusters.endWhenIdle(id);
    return this.#standing(id, started);
  }

  async releaseCluster(id: string): Promise<void> {
    let isBusy = false;
    for await (const page of this.#steps.pages(id, ACTIVE)) isBusy ||= page.length > 0;
    await this.#clusters.release(id, isBusy);
  }

  async submit(spec: JobSpec, key: string): Promise<Submission> {
    const { step, files } = stepConfig(spec, key, this.#folder(key));
    const before = await this.#named(key, await this.#recent());
    if (before) return { ...(await this.#ref(before, key)), found: true };
    const cluster = await this.#clusters.current();
    if (cluster === undefined) {
      const message = `no cluster ${this.#options.cluster} is up; put an ensureCluster step before`;
      throw new EtlError('Rejected', message);
    }
    for (const [path, text] of Object.entries(files)) await this.#options.store.write(path, text);
    const added = await this.#submissions.noted(key, () => this.#steps.add(cluster, step));
    // EMR knows no token. Whoever submitted at the same time looks as well, and both see the same oldest one.
    const winner = (await this.#named(key, [cluster])) ?? { cluster, step: added };
    return { ...(await this.#ref(winner, key)), found: winner.step !== added };
  }

  async find(key: string): Promise<WorkRef | undefined> {
    const place = await this.#named(key, await this.#recent());
    return place && this.#ref(place, key);
  }

  async poll(refs: readonly WorkRef[]): Promise<ReadonlyMap<WorkRef['id'], WorkState | EtlError>> {
    const states = new Map<string, WorkState | EtlError>();
    const places = refs.flatMap(placeOf);
    for (const cluster of new Set(places.map((place) => place.cluster))) {
      const here = places.filter((place) => place.cluster === cluster).map(({ step }) => step);
      const steps = await this.#steps.byId(cluster, here);
      for (const [step, summary] of steps)
        states.set(idOf({ cluster, step }), await this.#state(cluster, summary));
    }
    return states;
  }

  async cancel(ref: WorkRef): Promise<void> {
    for (const { cluster, step } of placeOf(ref)) await this.#cancel(cluster, [step]);
  }

  async outcome(ref: WorkRef, kind: JobKind): Promise<JobOutcome> {
    if (kind !== 'shell') return {};
    const [place] = placeOf(ref);
    const step = place && (await this.#steps.byId(place.cluster, [place.step])).get(place.step);
    const path = valuesOf(this.#folder(step?.Name ?? ref.key));
    const written = (await this.#options.store.list(path)).length > 0;
    return { exitCode: 0, ...(written && { values: await this.#values(path) }) };
  }

  async logs(ref: WorkRef, from?: string): Promise<LogPage> {
    const [place] = placeOf(ref);
    const folder = place && (await this.#logFolder(place));
    if (folder === undefined) return { lines: [], next: from ?? '' };
    return readLogs(this.#options.store, [`${folder}stderr.gz`, `${folder}stdout.gz`], from);
  }

  async *listKeyed(since: Date): AsyncIterable<KeyedJob> {
    const jobs: KeyedJob[] = [];
    for (const cluster of await this.#clusters.since(since)) {
      for (const step of (await this.#steps.since(cluster, since)).steps) {
        const { Id = '', Name = '' } = step;
        if (parseJobKey(Name) === undefined) continue;
        const ref = await this.#ref({ cluster, step: Id }, Name);
        jobs.push({ key: Name, ref, status: stateOf(step).status, startedAt: createdAt(step) });
      }
    }
    yield* jobs.sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime());
  }

  /**
   * The oldest step of that name. Younger ones are of submissions that crossed it, and are stopped. `JobLost` where one
   * may have been left out of the lists.
   */
  async #named(key: string, clusters: string[]): Promise<Place | undefined> {
    const found: (StepSummary & { cluster: string })[] = [];
    let allSince = this.#remembered();
    for (const cluster of clusters) {
      const listed = await this.#steps.since(cluster, this.#remembered());
      if (listed.allSince > allSince) allSince = listed.allSince;
      found.push(...listed.steps.filter(({ Name }) => Name === key).map((step) => ({ ...step, cluster })));
    }
    if (found.length === 0) await this.#submissions.refuseToGuess(key, allSince);
    found.sort(
      (one, other) => createdAt(one).getTime() - createdAt(other).getTime() || compare(one.Id, other.Id),
    );
    const [oldest, ...younger] = found;
    for (const step of younger.filter(isActive)) await this.#cancel(step.cluster, [step.Id ?? '']);
    return oldest && { cluster: oldest.cluster, step: oldest.Id ?? '' };
  }

  /** The clusters that a step with a remembered key may be on. */
  #recent(): Promise<string[]> {
    return this.#clusters.since(this.#remembered());
  }

  #remembered(): Date {
    return new Date(Date.now() - this.keyMemoryMs);
  }

  /** Interrupts, and kills what had not heeded an interrupt when it was asked before. */
  async #cancel(cluster: string, ids: string[]): Promise<void> {
    const giveUpAt = Date.now() + this.#options.requestTimeoutMs;
    for (let asked = false; ; asked = true) {
      const steps = [...(await this.#steps.byId(cluster, ids)).values()].filter(isActive);
      if (steps.length === 0) return;
      const isStubborn = steps.some(({ Status }) => Status?.State === 'CANCEL_PENDING');
      if (!asked) await this.#steps.cancel(cluster, ids, isStubborn);
      else if (Date.now() > giveUpAt) {
        throw new EtlError('Unavailable', `EMR has not stopped ${ids.join(', ')} yet`);
      } else await pause(LOOK_AGAIN_MS);
    }
  }

  async #standing(id: string, started: boolean): Promise<ClusterRef> {
    const cluster = await this.#clusters.look(id);
    const state = cluster?.Status?.State;
    switch (state) {
      case 'WAITING':
      case 'RUNNING':
        return { id, started, ready: true, state };
      case 'STARTING':
      case 'BOOTSTRAPPING':
        return { id, started, ready: false, state };
      case 'TERMINATING':
      case 'TERMINATED':
      case 'TERMINATED_WITH_ERRORS': {
        const { Code, Message } = cluster?.Status?.StateChangeReason ?? {};
        const why = [Code, Message].filter(Boolean).join(': ');
        throw new EtlError('JobFailed', `the cluster ${id} is ${state}${why && `: ${why}`}`);
      }
      case undefined:
        throw new EtlError('JobFailed', `the cluster ${id} is gone: EMR does not know it`);
      default:
        throw new EtlError('Unexpected', `EMR says of the cluster ${id} that it is ${JSON.stringify(state)}`);
    }
  }

  async #state(cluster: string, step: StepSummary): Promise<WorkState | EtlError> {
    try {
      const state = stateOf(step);
      if (state.status !== 'failed') return state;
      const lines = await this.#errorLog({ cluster, step: step.Id ?? '' });
      const message = reasonIn(lines);
      return lines.length === 0 || message === undefined
        ? state
        : { ...state, message, logTail: tailOf(lines) };
    } catch (error) {
      if (error instanceof EtlError && error.type === 'Unexpected') return error;
      throw error;
    }
  }

  /** Empty where there is none yet, or where we may not read it: EMR's own words must do then. */
  async #errorLog(place: Place): Promise<string[]> {
    const folder = await this.#logFolder(place);
    if (folder === undefined) return [];
    return readLog(this.#options.store, `${folder}stderr.gz`).catch(() => []);
  }

  async #values(path: string): Promise<NonNullable<JobOutcome['values']>> {
    const text = Buffer.from(await this.#options.store.read(path)).toString('utf8');
    try {
      const values = JSON.parse(text) as unknown;
      if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as never;
    } catch {
      // Said below.
    }
    throw new EtlError(
      'JobFailed',
      `what the script wrote to $MILLRACE_OUTPUT is no JSON object: ${text.slice(0, 200)}`,
    );
  }

  async #ref(place: Place, key: string): Promise<WorkRef> {
    const log = await this.#logFolder(place);
    const region = await this.#options.client.config.region();
    const url = `https://${region}.console.aws.amazon.com/emr/home?region=${region}#/clusterDetails/${place.cluster}`;
    return { id: idOf(place), key, url, ...(log !== undefined && { log }) };
  }

  async #logFolder({ cluster, step }: Place): Promise<string | undefined> {
    const uri = await this.#clusters.logUri(cluster);
    return uri === undefined ? undefined : `${uri}${cluster}/steps/${step}/`;
  }

  #folder(key: string): string {
    return `${this.#options.staging.replace(/\/*$/, '/')}${key}/`;
  }
}

const idOf = ({ cluster, step }: Place): string => `${cluster}/${step}`;

/** A ref's place; none for an ID that is no step's, as somebody may adopt one. */
function placeOf({ id }: WorkRef): Place[] {
  const [, cluster, step] = /^(j-[A-Z0-9]+)\/(s-[A-Z0-9]+)$/.exec(id) ?? [];
  return cluster === undefined || step === undefined ? [] : [{ cluster, step }];
}

const compare = (one = '', other = ''): number => (one < other ? -1 : one > other ? 1 : 0);
