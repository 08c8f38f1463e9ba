import { z } from 'zod';
import type { Clusters } from './clusters.ts';
import { hasEnded, type Command } from './command.ts';
import { commandJson } from './command-json.ts';
import type { Commands } from './commands.ts';
import { dbTapJson, type DbTaps } from './db-taps.ts';
import { invalid } from './error.ts';
import type { Storage } from './storage.ts';

export interface Call {
  method: string;
  /** After the version: `['commands', '12', 'logs']`. */
  path: string[];
  query: URLSearchParams;
  body: unknown;
}

export interface Reply {
  json?: object;
  text?: string;
  headers?: Record<string, string>;
}

/** Where results go that are larger than what is given inline. */
export interface Results {
  inlineBytes: number;
  /** `s3://bucket/folder`; without it all results are inline. */
  location?: string;
}

const clusterEdit = z.looseObject({
  cluster_info: z.looseObject({
    disallow_cluster_termination: z.boolean().optional(),
    idle_cluster_timeout: z.number().min(0).max(6).optional(),
  }),
});

/** What there is in an account. */
export interface Resources {
  commands: Commands;
  clusters: Clusters;
  dbTaps: DbTaps;
  storage: Storage;
}

/** The calls of the API that the stand-in answers; undefined for any other. */
export function operations({ commands, clusters, dbTaps, storage }: Resources, settings: Results) {
  return async ({ method, path, query, body }: Call): Promise<Reply | undefined> => {
    const [resource, id, what] = path;
    const call = [
      method,
      resource,
      ...(id === undefined ? [] : ['ID']),
      ...(what === undefined ? [] : [what]),
    ].join(' ');
    switch (call) {
      case 'POST commands':
        return { json: commandJson(commands.create(body)) };
      case 'GET commands':
        return { json: list(commands, query) };
      case 'GET commands ID':
        return {
          json: commandJson(commands.get(id ?? ''), query.get('include_query_properties') === 'true'),
        };
      case 'PUT commands ID':
        return { json: kill(commands.get(id ?? ''), body) };
      case 'GET commands ID logs':
        return log(commands.get(id ?? ''), query);
      case 'GET commands ID results':
        return { json: await results(commands.get(id ?? ''), query, storage, settings) };
      case 'GET commands ID jobs':
        return { json: [] };
      case 'GET clusters':
        return { json: clusters.list() };
      case 'GET clusters ID':
        return { json: clusters.get(id ?? '').info };
      case 'GET clusters ID state':
        return { json: clusters.get(id ?? '').json };
      case 'PUT clusters ID state':
        return { json: changeCluster(clusters, id ?? '', body) };
      case 'PUT clusters ID':
        return { json: editCluster(clusters, id ?? '', body) };
      case 'POST db_taps':
        return { json: dbTapJson(dbTaps.create(body)) };
      case 'GET db_taps':
        return { json: { db_taps: dbTaps.list().map(dbTapJson) } };
      case 'GET db_taps ID':
        return { json: dbTapJson(dbTaps.get(id ?? '')) };
      case 'DELETE db_taps ID':
        dbTaps.delete(id ?? '');
        return { json: { status: 'deleted' } };
      default:
        return undefined;
    }
  };
}

function list(commands: Commands, query: URLSearchParams): object {
  const { commands: found, page, perPage, hasMore } = commands.list(query);
  const withProperties = query.get('include_query_properties')?.toLowerCase() === 'true';
  return {
    commands: found.map((command) => commandJson(command, withProperties)),
    paging_info: {
      next_page: hasMore ? page + 1 : null,
      previous_page: page > 1 ? page - 1 : null,
      per_page: perPage,
    },
  };
}

function kill(command: Command, body: unknown): object {
  const { status } = z.looseObject({ status: z.string() }).catch({ status: '' }).parse(body);
  if (status !== 'kill') throw invalid('status must be kill');
  const killed = command.kill();
  const result = killed ? 'OK' : `Command is already ${command.status}`;
  return { kill_succeeded: killed, result };
}

/** The log of a running command and that of an ended one are two files, each from where the caller is. */
async function log(command: Command, query: URLSearchParams): Promise<Reply> {
  const position = (name: string) => Math.max(Number(query.get(name) ?? 0) || 0, 0);
  const part = query.get('sequence_number');
  const ended = hasEnded(command.status);
  const all = await command.printed('stderr', part === null ? undefined : Number(part));
  const text = all.subarray(position(ended ? 'err_file_processed' : 'tmp_file_processed'));
  return {
    text: text.toString('utf8'),
    headers: { err_length: String(ended ? text.length : 0), tmp_length: String(ended ? 0 : text.length) },
  };
}

async function results(
  command: Command,
  query: URLSearchParams,
  storage: Storage,
  { inlineBytes, location }: Results,
): Promise<object> {
  if (command.status !== 'done') throw invalid('Command is not done. Results are unavailable.');
  const part = query.get('sequence_number');
  const printed = await command.printed('stdout', part === null ? undefined : Number(part));
  if (location === undefined || printed.length <= inlineBytes)
    return { inline: true, results: printed.toString('utf8') };
  const folder = `${location}/${command.id}/`;
  await storage.write(`${folder}000`, printed);
  return { inline: false, result_location: [folder] };
}

function changeCluster(clusters: Clusters, id: string, body: unknown): object {
  const cluster = clusters.get(id);
  const { state } = z.looseObject({ state: z.string() }).catch({ state: '' }).parse(body);
  if (state === 'start') cluster.start();
  else if (state === 'terminate') cluster.terminate('Terminated by a user');
  else throw invalid('state must be start or terminate');
  const doing = state === 'start' ? 'Starting' : 'Terminating';
  return { message: `${doing} cluster with id ${cluster.id}.` };
}

function editCluster(clusters: Clusters, id: string, body: unknown): object {
  const cluster = clusters.get(id);
  const edit = clusterEdit.safeParse(body);
  if (!edit.success) throw invalid(edit.error.issues[0]?.message ?? 'cluster_info is missing');
  const { disallow_cluster_termination: stays, idle_cluster_timeout: hours } = edit.data.cluster_info;
  if (stays !== undefined) cluster.mayEnd = !stays;
  if (hours !== undefined) cluster.idleMs = hours * 3600_000;
  return cluster.info;
}
