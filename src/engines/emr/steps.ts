import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  ListStepsCommand,
  type EMRClient,
  type StepConfig,
  type StepState,
  type StepSummary,
} from '@aws-sdk/client-emr';
import { EtlError } from '../../domain/failure.ts';
import type { AwsApi } from '../aws-api.ts';
import { lookUp } from '../listed.ts';
import { isUnknown, isUnknownCluster } from './unknown.ts';

export const ACTIVE: readonly StepState[] = ['PENDING', 'CANCEL_PENDING', 'RUNNING'];
/** What ListSteps takes: https://docs.aws.amazon.com/emr/latest/APIReference/API_ListSteps.html */
const IDS_PER_REQUEST = 10;
/** How many steps of a cluster EMR lists at the least; of more the oldest may be left out. */
const LISTED_AT_LEAST = 1_000;

export const isActive = ({ Status }: StepSummary): boolean => ACTIVE.some((state) => state === Status?.State);

export const createdAt = ({ Status }: StepSummary): Date => Status?.Timeline?.CreationDateTime ?? new Date(0);

/** The steps of clusters. */
export class Steps {
  readonly #client: EMRClient;
  readonly #api: AwsApi;

  constructor(client: EMRClient, api: AwsApi) {
    this.#client = client;
    this.#api = api;
  }

  /** Page by page, 50 each, the newest first. */
  async *pages(cluster: string, states?: readonly StepState[]): AsyncGenerator<StepSummary[]> {
    let marker: string | undefined;
    do {
      const request = {
        ClusterId: cluster,
        ...(states && { StepStates: [...states] }),
        ...(marker !== undefined && { Marker: marker }),
      };
      const page = await this.#api.call(`list the steps of ${cluster}`, () =>
        this.#client.send(new ListStepsCommand(request)),
      );
      yield page.Steps ?? [];
      marker = page.Marker;
    } while (marker !== undefined);
  }

  /** The steps of a cluster by their IDs; what EMR does not know is left out. */
  async byId(cluster: string, ids: Iterable<string>): Promise<Map<string, StepSummary>> {
    try {
      return await lookUp(ids, {
        idOf: ({ Id }) => Id ?? '',
        active: () => this.pages(cluster, ACTIVE),
        newest: () => this.pages(cluster),
        some: (some) => this.#some(cluster, some),
        perRequest: IDS_PER_REQUEST,
      });
    } catch (error) {
      if (isUnknownCluster(error)) return new Map();
      throw error;
    }
  }

  /** The steps since then, the newest first, and since when they are surely all. */
  async since(cluster: string, time: Date): Promise<{ steps: StepSummary[]; allSince: Date }> {
    const steps: StepSummary[] = [];
    for await (const page of this.pages(cluster)) {
      const recent = page.filter((step) => createdAt(step) >= time);
      steps.push(...recent);
      if (recent.length < page.length) return { steps, allSince: time };
    }
    const oldest = steps.at(-1);
    const isCut = steps.length >= LISTED_AT_LEAST && oldest !== undefined;
    return { steps, allSince: isCut ? createdAt(oldest) : time };
  }

  async add(cluster: string, step: StepConfig): Promise<string> {
    const command = new AddJobFlowStepsCommand({ JobFlowId: cluster, Steps: [step] });
    const { StepIds } = await this.#api.call(`add a step to ${cluster}`, () => this.#client.send(command));
    const [id] = StepIds ?? [];
    if (id === undefined) throw new EtlError('Unexpected', 'EMR took a step and gave no ID');
    return id;
  }

  /** Asks once; `anyhow` for a step that did not heed an interrupt. */
  async cancel(cluster: string, ids: string[], anyhow: boolean): Promise<void> {
    const command = new CancelStepsCommand({
      ClusterId: cluster,
      StepIds: ids,
      StepCancellationOption: anyhow ? 'TERMINATE_PROCESS' : 'SEND_INTERRUPT',
    });
    await this.#api.call(`cancel ${ids.join(', ')}`, () => this.#client.send(command));
  }

  /** One unknown ID has EMR refuse the others with it. */
  async #some(cluster: string, ids: string[]): Promise<StepSummary[]> {
    const command = new ListStepsCommand({ ClusterId: cluster, StepIds: ids });
    try {
      const page = await this.#api.call(`look at the steps of ${cluster}`, () => this.#client.send(command));
      return page.Steps ?? [];
    } catch (error) {
      if (!isUnknown(error) || isUnknownCluster(error)) throw error;
      if (ids.length === 1) return [];
      const half = Math.ceil(ids.length / 2);
      const parts = [ids.slice(0, half), ids.slice(half)].map((part) => this.#some(cluster, part));
      return (await Promise.all(parts)).flat();
    }
  }
}
