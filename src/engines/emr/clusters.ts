import {
  DescribeClusterCommand,
  ListClustersCommand,
  PutAutoTerminationPolicyCommand,
  RunJobFlowCommand,
  TerminateJobFlowsCommand,
  type Cluster,
  type ClusterState,
  type ClusterSummary,
} from '@aws-sdk/client-emr';
import { EtlError } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import type { ClusterSpec } from '../../ports.ts';
import type { AwsApi } from '../aws-api.ts';
import type { EmrOptions } from './options.ts';
import { isUnknown } from './unknown.ts';

const UP: ClusterState[] = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'];
const ENDED: ClusterState[] = ['TERMINATING', 'TERMINATED', 'TERMINATED_WITH_ERRORS'];
/** Clusters that live longer than this are looked for by their ID alone once they have ended. */
const LONGEST_LIFE_MS = 7 * 86_400_000;
/** Which step launched a cluster. */
const TAG = 'millrace-key';

export const isClusterId = (text: string): boolean => /^j-[A-Z0-9]+$/.test(text);

type Options = Pick<EmrOptions, 'name' | 'client' | 'cluster' | 'launch' | 'idleTimeoutMs'>;

/** The clusters that an engine's jobs are on: the one of its ID, or those of its name. */
export class Clusters {
  readonly #options: Options;
  readonly #api: AwsApi;
  readonly #logUris = new Map<string, string | undefined>();

  constructor(options: Options, api: AwsApi) {
    this.#options = options;
    this.#api = api;
  }

  async describe(id: string): Promise<Cluster> {
    const { client } = this.#options;
    const command = new DescribeClusterCommand({ ClusterId: id });
    const { Cluster } = await this.#api.call(`describe the cluster ${id}`, () => client.send(command));
    if (Cluster === undefined) throw new EtlError('Unexpected', `EMR's answer has no cluster ${id}`);
    return Cluster;
  }

  /** The same, but undefined for one that EMR does not know. */
  async look(id: string): Promise<Cluster | undefined> {
    try {
      return await this.describe(id);
    } catch (error) {
      if (isUnknown(error)) return undefined;
      throw error;
    }
  }

  /** The cluster that takes jobs now. Of several with the name it is the oldest, so that all agree on one. */
  async current(): Promise<string | undefined> {
    const { cluster } = this.#options;
    if (!isClusterId(cluster)) return (await this.#named(UP)).at(-1)?.Id;
    const { Status } = await this.describe(cluster);
    return UP.some((state) => state === Status?.State) ? cluster : undefined;
  }

  /** The clusters that a step of the time since may be on, the newest first. */
  async since(time: Date): Promise<string[]> {
    const { cluster } = this.#options;
    if (isClusterId(cluster)) return [cluster];
    const ended = await this.#named(ENDED, new Date(time.getTime() - LONGEST_LIFE_MS));
    const recent = ended.filter(({ Status }) => (Status?.Timeline?.EndDateTime ?? time) >= time);
    return [...(await this.#named(UP)), ...recent].map(({ Id }) => Id ?? '');
  }

  /** Launches one; where somebody else did so at the same time, the older one stays. */
  async launch({ release }: ClusterSpec, key: string): Promise<{ id: string; launched: boolean }> {
    const { name, client, cluster, launch } = this.#options;
    if (launch === undefined || isClusterId(cluster)) {
      const what = isClusterId(cluster)
        ? `the cluster ${cluster} is not up`
        : `no cluster named ${cluster} is up`;
      const message = `${what}; start one, or give the engine ${name} a name and \`launch\``;
      throw new EtlError('Rejected', message);
    }
    const request = {
      ...launch,
      Name: cluster,
      Tags: [...(launch.Tags ?? []), { Key: TAG, Value: key }],
      Instances: { KeepJobFlowAliveWhenNoSteps: true, ...launch.Instances },
      ...(release !== 'keep' && { AutoTerminationPolicy: this.#policy() }),
    };
    const { JobFlowId } = await this.#api.call(`launch the cluster ${cluster}`, () =>
      client.send(new RunJobFlowCommand(request)),
    );
    if (JobFlowId === undefined) throw new EtlError('Unexpected', 'EMR launched a cluster and gave no ID');
    const chosen = (await this.current()) ?? JobFlowId;
    const launched = chosen === JobFlowId;
    if (!launched) await this.#terminate(JobFlowId);
    return { id: chosen, launched };
  }

  /** Whether the run of that key launched it. */
  async isOf(id: string, key: string): Promise<boolean> {
    const { Tags = [] } = await this.describe(id);
    const launcher = parseJobKey(Tags.find(({ Key }) => Key === TAG)?.Value ?? '');
    return launcher !== undefined && launcher.firstRunId === parseJobKey(key)?.firstRunId;
  }

  /** Has a cluster end by itself when it idles. */
  async endWhenIdle(id: string, idleTimeoutMs?: number): Promise<void> {
    const { client } = this.#options;
    const request = { ClusterId: id, AutoTerminationPolicy: this.#policy(idleTimeoutMs) };
    await this.#api.call(`set the idle time-out of ${id}`, () =>
      client.send(new PutAutoTerminationPolicyCommand(request)),
    );
  }

  /** Ends a cluster; one that others still have steps on ends when those are done. */
  async release(id: string, isBusy: boolean): Promise<void> {
    const cluster = await this.look(id);
    if (!UP.some((state) => state === cluster?.Status?.State)) return;
    await (isBusy ? this.endWhenIdle(id, 60_000) : this.#terminate(id));
  }

  /** Where a cluster's logs are: a folder in S3. */
  async logUri(id: string): Promise<string | undefined> {
    if (!this.#logUris.has(id)) {
      const uri = (await this.describe(id)).LogUri?.replace(/^s3[na]?:/, 's3:').replace(/\/*$/, '/');
      this.#logUris.set(id, uri);
    }
    return this.#logUris.get(id);
  }

  #policy(idleTimeoutMs = this.#options.idleTimeoutMs) {
    return { IdleTimeout: Math.max(60, Math.round(idleTimeoutMs / 1000)) };
  }

  async #terminate(id: string): Promise<void> {
    const { client } = this.#options;
    await this.#api.call(`end the cluster ${id}`, () =>
      client.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] })),
    );
  }

  /** The newest first. */
  async #named(states: ClusterState[], createdAfter?: Date): Promise<ClusterSummary[]> {
    const { client, cluster } = this.#options;
    const all: ClusterSummary[] = [];
    let marker: string | undefined;
    do {
      const request = {
        ClusterStates: states,
        ...(createdAfter && { CreatedAfter: createdAfter }),
        ...(marker !== undefined && { Marker: marker }),
      };
      const page = await this.#api.call('list clusters', () => client.send(new ListClustersCommand(request)));
      all.push(...(page.Clusters ?? []).filter(({ Name }) => Name === cluster));
      marker = page.Marker;
    } while (marker !== undefined);
    return all.sort((one, other) => createdAt(other) - createdAt(one) || compare(other.Id, one.Id));
  }
}

const createdAt = ({ Status }: ClusterSummary): number => Status?.Timeline?.CreationDateTime?.getTime() ?? 0;

const compare = (one = '', other = ''): number => (one < other ? -1 : one > other ? 1 : 0);
