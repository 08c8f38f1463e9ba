import { StartJobRunCommand } from '@aws-sdk/client-emr-serverless';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EtlError } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import { hasEnded } from '../../domain/state.ts';
import type {
  ClusterRef,
  ClusterSpec,
  JobEngine,
  JobSpec,
  KeyedJob,
  LogPage,
  Submission,
  WorkRef,
  WorkState,
} from '../../ports.ts';
import { AwsApi, awsErrorOf } from '../aws-api.ts';
import { readLog, readLogs, reasonIn, tailOf } from '../s3-log.ts';
import { Application } from './application.ts';
import { Dashboards } from './dashboards.ts';
import { jobDriver } from './job-driver.ts';
import { JobRuns } from './job-runs.ts';
import type { EmrServerlessOptions } from './options.ts';
import { stateOf, statusOf, type JobRun } from './state.ts';

const HOUR_MS = 3_600_000;
const LOOK_AGAIN_MS = 250;
/** Which request started a job run. */
const TAG = 'millrace-submission';
/** Where the two kinds of application have the logs of a job. */
const LOGS = ['SPARK_DRIVER', 'HIVE_DRIVER'].flatMap((driver) => [
  `${driver}/stderr.gz`,
  `${driver}/stdout.gz`,
]);

/** Amazon EMR Serverless: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/ */
export class EmrServerlessEngine implements JobEngine {
  readonly kinds = ['sql', 'hive', 'spark'] as const;
  readonly keyMemoryMs = 24 * HOUR_MS;
  readonly lookAfterMs: number;
  readonly #options: EmrServerlessOptions;
  readonly #api = new AwsApi('EMR Serverless');
  readonly #application: Application;
  readonly #runs: JobRuns;
  readonly #dashboards: Dashboards | undefined;

  constructor(options: EmrServerlessOptions) {
    const staging = withSlash(options.staging);
    this.#options = { ...options, staging, logUri: withSlash(options.logUri) };
    this.#application = new Application(options.client, this.#api, options.application);
    this.#runs = new JobRuns(options.client, this.#api, options.application);
    if (options.dashboards) this.#dashboards = new Dashboards(options.client, options.application);
    this.lookAfterMs = options.requestTimeoutMs;
  }

  ensureCluster(spec: ClusterSpec, key: string, before?: ClusterRef): Promise<ClusterRef> {
    return this.#application.ensure(spec, key, before);
  }

  releaseCluster(): Promise<void> {
    return this.#application.stop();
  }

  async submit(spec: JobSpec, key: string): Promise<Submission> {
    const { application, client, executionRole, logUri, staging, store } = this.#options;
    const { driver, files } = jobDriver(spec, `${staging}${key}/`, this.#options);
    const before = await this.find(key);
    if (before) return { ...before, found: true };
    for (const [path, text] of Object.entries(files)) await store.write(path, text);
    const submission = randomUUID();
    const command = new StartJobRunCommand({
      applicationId: application,
      executionRoleArn: executionRole,
      name: key,
      // Whoever submits the same at the same time gets the same run, and the tag tells whose it is.
      clientToken: key,
      tags: { [TAG]: submission },
      jobDriver: driver,
      configurationOverrides: { monitoringConfiguration: { s3MonitoringConfiguration: { logUri } } },
    });
    try {
      const doing = `start a job run on the application ${application}`;
      const { jobRunId } = await this.#api.call(doing, () => client.send(command));
      if (jobRunId === undefined)
        throw new EtlError('Unexpected', 'EMR Serverless took a job and gave no ID');
      const run = await this.#runs.get(jobRunId);
      return { ...this.#ref(jobRunId, key), found: (run?.tags?.[TAG] ?? submission) !== submission };
    } catch (error) {
      // The token is taken: somebody else's request came first.
      if (awsErrorOf(error).name !== 'ConflictException') throw error;
      const ref = await this.find(key);
      if (ref) return { ...ref, found: true };
      throw new EtlError('Unavailable', `somebody submits ${key}, and no job run is listed by that name yet`);
    }
  }

  async find(key: string): Promise<WorkRef | undefined> {
    const createdAtAfter = new Date(Date.now() - this.keyMemoryMs);
    let oldest: JobRun | undefined;
    for await (const page of this.#runs.pages({ createdAtAfter })) {
      for (const run of page) {
        if (run.name === key && (oldest === undefined || run.createdAt < oldest.createdAt)) oldest = run;
      }
    }
    return oldest && this.#ref(oldest.id, key);
  }

  async poll(refs: readonly WorkRef[]): Promise<ReadonlyMap<WorkRef['id'], WorkState | EtlError>> {
    const states = new Map<string, WorkState | EtlError>();
    for (const [id, run] of await this.#runs.byId(refs.map(({ id }) => id).filter(isRunId))) {
      states.set(id, await this.#state(run));
    }
    return states;
  }

  async cancel({ id }: WorkRef): Promise<void> {
    const giveUpAt = Date.now() + this.#options.requestTimeoutMs;
    if (!isRunId(id)) return;
    for (let asked = false; ; asked = true) {
      const run = await this.#runs.get(id);
      if (run === undefined || hasEnded(statusOf(run))) return;
      if (!asked) await this.#runs.cancel(id);
      else if (Date.now() > giveUpAt)
        throw new EtlError('Unavailable', `EMR Serverless has not stopped ${id} yet; it is ${run.state}`);
      else await pause(LOOK_AGAIN_MS);
    }
  }

  logs({ id }: WorkRef, from?: string): Promise<LogPage> {
    const folder = this.#logFolder(id);
    return readLogs(
      this.#options.store,
      LOGS.map((name) => folder + name),
      from,
    );
  }

  async *listKeyed(since: Date): AsyncIterable<KeyedJob> {
    const runs: JobRun[] = [];
    for await (const page of this.#runs.pages({ createdAtAfter: since })) {
      runs.push(...page.filter(({ name }) => parseJobKey(name) !== undefined));
    }
    runs.sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
    for (const run of runs) {
      const ref = this.#ref(run.id, run.name);
      yield { key: run.name, ref, status: statusOf(run), startedAt: run.createdAt };
    }
  }

  async #state(run: JobRun): Promise<WorkState | EtlError> {
    try {
      const state = stateOf(run);
      if (state.status !== 'failed')
        return { ...state, ...(await this.#dashboards?.of(run.id, state.status)) };
      const lines = await this.#errorLog(run.id);
      const message = reasonIn(lines);
      return message === undefined ? state : { ...state, message, logTail: tailOf(lines) };
    } catch (error) {
      if (error instanceof EtlError && error.type === 'Unexpected') return error;
      throw error;
    }
  }

  /** Empty where there is none, or where we may not read it: EMR's own words must do then. */
  async #errorLog(id: string): Promise<string[]> {
    const paths = LOGS.filter((name) => name.includes('stderr')).map((name) => this.#logFolder(id) + name);
    const logs = await Promise.all(paths.map((path) => readLog(this.#options.store, path).catch(() => [])));
    return logs.flat();
  }

  #ref(id: string, key: string): WorkRef {
    return { id, key, log: this.#logFolder(id) };
  }

  #logFolder(id: string): string {
    return `${this.#options.logUri}applications/${this.#options.application}/jobs/${id}/`;
  }
}

/** Anything else that somebody adopted would be refused with all that is asked together with it. */
const isRunId = (text: string): boolean => /^[0-9a-z]{1,64}$/.test(text);

const withSlash = (path: string): string => path.replace(/\/*$/, '/');
