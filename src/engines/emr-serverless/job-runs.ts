import {
  CancelJobRunCommand,
  GetJobRunCommand,
  ListJobRunsCommand,
  type EMRServerlessClient,
  type JobRunState,
  type JobRunSummary,
} from '@aws-sdk/client-emr-serverless';
import { EtlError } from '../../domain/failure.ts';
import { awsErrorOf, type AwsApi } from '../aws-api.ts';
import { lookUp } from '../listed.ts';
import { ACTIVE, type JobRun } from './state.ts';

/** The most that ListJobRuns takes: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_ListJobRuns.html */
const PER_PAGE = 50;
/** What the API says of an ID that it does not know, and of a text that can be none. */
const UNKNOWN = ['ResourceNotFoundException', 'ValidationException'];

/** The job runs of an application. */
export class JobRuns {
  readonly #client: EMRServerlessClient;
  readonly #api: AwsApi;
  readonly #application: string;

  constructor(client: EMRServerlessClient, api: AwsApi, application: string) {
    this.#client = client;
    this.#api = api;
    this.#application = application;
  }

  async *pages(filter: { states?: JobRunState[]; createdAtAfter?: Date }): AsyncGenerator<JobRun[]> {
    let nextToken: string | undefined;
    do {
      const command = new ListJobRunsCommand({
        applicationId: this.#application,
        maxResults: PER_PAGE,
        ...filter,
        ...(nextToken !== undefined && { nextToken }),
      });
      const page = await this.#api.call(`list the job runs of the application ${this.#application}`, () =>
        this.#client.send(command),
      );
      yield (page.jobRuns ?? []).map(summary);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async byId(ids: Iterable<string>): Promise<Map<string, JobRun>> {
    return lookUp(ids, {
      idOf: ({ id }) => id,
      active: () => this.pages({ states: ACTIVE }),
      newest: () => this.pages({}),
      some: async ([id = '']) => {
        const run = await this.get(id);
        return run ? [run] : [];
      },
      perRequest: 1,
    });
  }

  async get(id: string): Promise<JobRun | undefined> {
    const command = new GetJobRunCommand({ applicationId: this.#application, jobRunId: id });
    try {
      const { jobRun } = await this.#api.call(`look at the job run ${id}`, () => this.#client.send(command));
      if (jobRun === undefined) return undefined;
      const { tags = {} } = jobRun;
      return { ...summary({ ...jobRun, id: jobRun.jobRunId }), tags };
    } catch (error) {
      if (UNKNOWN.includes(awsErrorOf(error).name)) return undefined;
      throw error;
    }
  }

  /** Asks once; one that has ended in the meantime is fine. */
  async cancel(id: string): Promise<void> {
    const command = new CancelJobRunCommand({ applicationId: this.#application, jobRunId: id });
    try {
      await this.#api.call(`cancel the job run ${id}`, () => this.#client.send(command));
    } catch (error) {
      if (![...UNKNOWN, 'ConflictException'].includes(awsErrorOf(error).name)) throw error;
    }
  }
}

function summary({
  id,
  name = '',
  state = '' as JobRunState,
  stateDetails = '',
  createdAt,
}: JobRunSummary): JobRun {
  if (id === undefined || createdAt === undefined)
    throw new EtlError('Unexpected', 'EMR Serverless answered with a job run without ID or time');
  return { id, name, state, stateDetails, createdAt };
}
