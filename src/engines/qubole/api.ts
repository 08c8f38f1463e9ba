import { z } from 'zod';
import { HttpApi } from '../http.ts';

/** QDS gives at most so many on a page. */
export const PAGE_SIZE = 100;

const subCommand = z.looseObject({ id: z.number().nullish(), status: z.string().nullish() });

const command = z.looseObject({
  id: z.number(),
  status: z.string(),
  name: z.string().nullish(),
  command_type: z.string().nullish(),
  label: z.string().nullish(),
  progress: z.number().nullish(),
  created_at: z.string().nullish(),
  command: z
    .looseObject({
      sub_commands: z
        .union([z.array(subCommand), z.looseObject({ sub_commands: z.array(subCommand) })])
        .nullish(),
    })
    .nullish(),
});

/** A command as QDS shows it, as far as we read it. */
export type Command = z.output<typeof command>;

const page = z.object({
  commands: z.array(command),
  paging_info: z.looseObject({ next_page: z.union([z.number(), z.string()]).nullish() }).nullish(),
});

const kill = z.looseObject({ kill_succeeded: z.boolean(), result: z.string().nullish() });

const results = z.union([
  z.looseObject({ inline: z.literal(true), results: z.string() }),
  z.looseObject({ inline: z.literal(false), result_location: z.array(z.string()) }),
]);

const clusterState = z.looseObject({
  state: z.string(),
  down_at: z.string().nullish(),
  terminate_reason: z.string().nullish(),
});

export type ClusterState = z.output<typeof clusterState>;

export interface LogPart {
  text: string;
  /** How many bytes of it come from the log of an ended command, and of a running one. Missing in older answers. */
  bytes?: { ended: number; running: number };
}

/** The requests to QDS that the engine makes. https://docs.qubole.com/en/latest/rest-api/command_api/index.html */
export class QuboleApi {
  readonly #http: HttpApi;
  readonly #version: string;

  constructor(options: {
    url: string;
    version: string;
    token(anew: boolean): Promise<string>;
    requestTimeoutMs: number;
  }) {
    this.#version = options.version;
    this.#http = new HttpApi({
      vendor: `Qubole at ${options.url}`,
      url: options.url,
      headers: async (anew) => ({ 'x-auth-token': await options.token(anew) }),
      requestTimeoutMs: options.requestTimeoutMs,
    });
  }

  create(body: object): Promise<Command> {
    return this.#http.json('POST', this.#path('commands'), command, { json: body });
  }

  command(id: string): Promise<Command | undefined> {
    return this.#http.jsonIfThere('GET', this.#path(`commands/${id}`), command);
  }

  /** One page of the account's commands, newest first; of those of one name if it is given. */
  async list(
    pageNumber: number,
    filter: { name?: string; since?: Date },
  ): Promise<{ commands: Command[]; isLast: boolean }> {
    const { commands, paging_info } = await this.#http.json('GET', this.#path('commands'), page, {
      query: {
        page: pageNumber,
        per_page: PAGE_SIZE,
        all_users: 1,
        ...(filter.name !== undefined && { name: filter.name }),
        ...(filter.since && { start_date: filter.since.toISOString().replace(/\.\d+Z$/, 'Z') }),
      },
    });
    return { commands, isLast: (paging_info?.next_page ?? null) === null };
  }

  /** Says why the command could not be killed, or nothing. */
  async kill(id: string): Promise<string | undefined> {
    const answer = await this.#http.json('PUT', this.#path(`commands/${id}`), kill, {
      json: { status: 'kill' },
    });
    return answer.kill_succeeded ? undefined : (answer.result ?? 'it gave no reason');
  }

  results(id: string): Promise<z.output<typeof results>> {
    return this.#http.json('GET', this.#path(`commands/${id}/results`), results, {
      query: { inline: true, include_headers: false },
    });
  }

  /** What came after so many bytes. */
  async log(id: string, from: { ended: number; running: number }): Promise<LogPart> {
    const { body, headers } = await this.#http.send('GET', this.#path(`commands/${id}/logs`), {
      query: { err_file_processed: from.ended, tmp_file_processed: from.running },
      headers: { accept: 'text/plain' },
    });
    const [ended, running] = [Number(headers['err_length']), Number(headers['tmp_length'])];
    return { text: body, ...(Number.isFinite(ended + running) && { bytes: { ended, running } }) };
  }

  clusterState(cluster: string): Promise<ClusterState> {
    return this.#http.json('GET', this.#cluster(cluster), clusterState);
  }

  async changeCluster(cluster: string, state: 'start' | 'terminate'): Promise<void> {
    await this.#http.send('PUT', this.#cluster(cluster), { json: { state } });
  }

  /** Lets the cluster end by itself when it is idle; version 2.2 is the oldest that takes the hours. */
  async endWhenIdle(cluster: string, hours: number | undefined): Promise<void> {
    await this.#http.send('PUT', `v2.2/clusters/${encodeURIComponent(cluster)}`, {
      json: {
        cluster_info: {
          disallow_cluster_termination: false,
          ...(hours !== undefined && { idle_cluster_timeout: hours }),
        },
      },
    });
  }

  #path(path: string): string {
    return `${this.#version}/${path}`;
  }

  #cluster(cluster: string): string {
    return this.#path(`clusters/${encodeURIComponent(cluster)}/state`);
  }
}

export function subCommandsOf({ command: own }: Command): z.output<typeof subCommand>[] {
  const listed = own?.sub_commands ?? [];
  return Array.isArray(listed) ? listed : listed.sub_commands;
}
