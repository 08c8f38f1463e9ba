import { notFound } from './error.ts';
import type { Clusters } from './clusters.ts';
import { Command, type CommandStatus } from './command.ts';
import type { Account } from './programs/program.ts';
import { readRequest } from './request.ts';

const DEFAULT_PAGE = 10;
const LARGEST_PAGE = 100;
const DEFAULT_WINDOW_MS = 30 * 24 * 3600_000;

/** What the filter `status` calls them. */
const FILTERS: Record<string, readonly CommandStatus[]> = {
  success: ['done'],
  failed: ['error'],
  cancelled: ['cancelled', 'cancelling'],
  waiting: ['waiting'],
  inprogress: ['running'],
  running: ['running'],
};

/** The commands of the account, as long as the process lives. */
export class Commands {
  readonly #byId = new Map<number, Command>();
  readonly #clusters: Clusters;
  readonly #folder: string;
  readonly #account: Account;
  #lastId = 0;

  constructor(clusters: Clusters, folder: string, account: Account) {
    this.#clusters = clusters;
    this.#folder = folder;
    this.#account = account;
  }

  create(body: unknown): Command {
    const request = readRequest(body);
    const cluster = this.#clusters.forCommand(request.label ?? null);
    const command = new Command(request, () => (this.#lastId += 1), this.#folder);
    this.#byId.set(command.id, command);
    command.start(cluster, this.#account);
    return command;
  }

  get(id: string): Command {
    const command = this.#byId.get(Number(id));
    if (!command) throw notFound('Command', id);
    return command;
  }

  /** One page, newest first. */
  list(query: URLSearchParams): { commands: Command[]; page: number; perPage: number; hasMore: boolean } {
    const page = Math.max(Number(query.get('page') ?? 1), 1);
    const perPage = Math.min(Math.max(Number(query.get('per_page') ?? DEFAULT_PAGE), 1), LARGEST_PAGE);
    const until = query.get('end_date') === null ? new Date() : new Date(query.get('end_date') ?? '');
    const since = query.get('start_date') ?? new Date(until.getTime() - DEFAULT_WINDOW_MS).toISOString();
    const [name, types] = [query.get('name'), query.get('command_type')?.split(',')];
    const statuses = FILTERS[query.get('status') ?? ''];
    const all = [...this.#byId.values()]
      .filter(
        ({ createdAt, request, status }) =>
          createdAt >= new Date(since) &&
          createdAt <= until &&
          (name === null || request.name === name) &&
          (types === undefined || types.includes(request.command_type)) &&
          (statuses === undefined || statuses.includes(status)),
      )
      .reverse();
    const commands = all.slice((page - 1) * perPage, page * perPage);
    return { commands, page, perPage, hasMore: all.length > page * perPage };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byId.values()].map((command) => command.close()));
  }
}
