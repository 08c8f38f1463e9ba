import { GetDashboardForJobRunCommand, type EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import type { WorkStatus } from '../../domain/state.ts';

/** A link opens for an hour, so a new one is asked for a little earlier. */
const ASK_AGAIN_MS = 50 * 60_000;

interface Asked {
  atMs: number;
  link: { url?: string };
}

const isOld = ({ atMs }: Asked): boolean => Date.now() - atMs >= ASK_AGAIN_MS;

/**
 * Links to the UIs of job runs. EMR Serverless gives none to a job that waits, and what it gives opens for an hour.
 *
 * https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_GetDashboardForJobRun.html
 */
export class Dashboards {
  readonly #client: EMRServerlessClient;
  readonly #application: string;
  readonly #asked = new Map<string, Asked>();

  constructor(client: EMRServerlessClient, application: string) {
    this.#client = client;
    this.#application = application;
  }

  /** One that is fresh where the job is done, and good while it runs; none where there is none to have. */
  async of(jobRunId: string, status: WorkStatus): Promise<{ url?: string }> {
    if (status === 'queued') return {};
    const before = this.#asked.get(jobRunId);
    if (before && status === 'running' && !isOld(before)) return before.link;
    this.#asked.delete(jobRunId);
    // Some are of jobs that nobody asks about any more.
    for (const [id, asked] of this.#asked) if (isOld(asked)) this.#asked.delete(id);
    const link = await this.#ask(jobRunId);
    if (status === 'running') this.#asked.set(jobRunId, { atMs: Date.now(), link });
    return link;
  }

  /** No job fails for want of a link. */
  async #ask(jobRunId: string): Promise<{ url?: string }> {
    const command = new GetDashboardForJobRunCommand({ applicationId: this.#application, jobRunId });
    return this.#client.send(command).then(
      ({ url }) => (url === undefined ? {} : { url }),
      () => ({}),
    );
  }
}
