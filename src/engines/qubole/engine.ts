import { setTimeout as sleep } from 'node:timers/promises';
import { EtlError } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import { hasEnded } from '../../domain/state.ts';
import type { JobEngine, JobOutcome, KeyedJob, WorkRef, WorkState } from '../../ports.ts';
import { QuboleApi, subCommandsOf, type Command } from './api.ts';
import { Clusters } from './clusters.ts';
import { commandBody, PUSH_MARK } from './command-body.ts';
import { logPage } from './log-page.ts';
import { commandsNamed, commandsSince } from './look-up.ts';
import type { QuboleOptions } from './options.ts';
import { commandsOf } from './poll.ts';
import { Push } from './push.ts';
import { resultsOf } from './results.ts';
import { shellOutcome } from './shell-script.ts';
import { stateOf, statusOf } from './state.ts';

/** What the list of commands shows: it goes back 30 days unless told otherwise, and so do we. */
const KEY_MEMORY_MS = 30 * 24 * 3600_000;
/** A little more is listed, because clocks differ. */
const LISTED_MS = KEY_MEMORY_MS + 24 * 3600_000;
const KILL_CHECK_MS = 500;
const KILL_CHECKS = 40;

/**
 * Qubole Data Service: each job is a command, whose name is our key.
 *
 * QDS has no token that makes a submission idempotent. So it is looked up by name before and after: of several the
 * oldest stays, and the others are cancelled.
 *
 * @see https://docs.qubole.com/en/latest/rest-api/index.html
 */
export function createQuboleEngine(options: QuboleOptions): JobEngine {
  const { name, url, version, push, store, requestTimeoutMs } = options;
  const token = (anew: boolean) => options.token(anew);
  const api = new QuboleApi({ url, version, token, requestTimeoutMs });
  const clusters = new Clusters(api, options.cluster, options.idleHours);
  const listener = push && new Push(push.sqs, push.queue);
  const listedSince = () => new Date(Date.now() - LISTED_MS);

  const refOf = (command: Command): WorkRef => ({
    id: String(command.id),
    key: command.name ?? '',
    url: `${new URL(url).origin}/v2/analyze?command_id=${command.id}`,
    log: `${url.replace(/\/+$/, '')}/${version}/commands/${command.id}/logs`,
    ...(listener && tellsOfItsEnd(command) && { pushed: true }),
  });

  /** The one job of a key: the oldest of its name. Others of that name are cancelled. */
  async function theOne(key: string): Promise<WorkRef | undefined> {
    const [oldest, ...others] = await commandsNamed(api, key, listedSince());
    for (const other of others) if (!hasEnded(statusOf(other))) await kill(String(other.id));
    return oldest && refOf(oldest);
  }

  /** Says why it was refused, or nothing; one that ended in the meantime was not refused. */
  async function askToKill(id: string): Promise<string | undefined> {
    try {
      return await api.kill(id);
    } catch (error) {
      const now = error instanceof EtlError && error.type === 'Rejected' ? await api.command(id) : undefined;
      if (now === undefined || !hasEnded(statusOf(now))) throw error;
      return undefined;
    }
  }

  /** Returns once the command has ended; what had ended before stays as it is. */
  async function kill(id: string): Promise<void> {
    let refusal: string | undefined;
    for (let check = 0; check <= KILL_CHECKS; check += 1) {
      const command = await api.command(id);
      if (command === undefined || hasEnded(statusOf(command))) return;
      if (command.status !== 'cancelling') refusal = await askToKill(id);
      await sleep(KILL_CHECK_MS);
    }
    const why = refusal === undefined ? '' : `: ${refusal}`;
    throw new EtlError('Unavailable', `engine ${name}: Qubole does not end the command ${id}${why}`);
  }

  const engine = {
    keyMemoryMs: KEY_MEMORY_MS,
    lookAfterMs: requestTimeoutMs,
    kinds: ['sql', 'hive', 'spark', 'presto', 'dbExport', 'shell', 'chain'],

    ensureCluster: (spec, _key, before) => clusters.ensure(spec, before),
    releaseCluster: (cluster) => clusters.release(cluster),

    async submit(spec, key) {
      const body = commandBody(spec, key, options, push?.queue);
      const there = await theOne(key);
      if (there) return { ...there, found: true };
      const created = await api.create(body);
      // The list may be behind: then ours is the only one that anybody knows of.
      const kept = (await theOne(key)) ?? refOf({ ...created, name: key });
      return { ...kept, found: kept.id !== String(created.id) };
    },

    async find(key) {
      const [oldest] = await commandsNamed(api, key, listedSince());
      return oldest && refOf(oldest);
    },

    async poll(refs) {
      const commands = await commandsOf(
        api,
        refs.map(({ id }) => id),
        listedSince(),
      );
      const states = new Map<WorkRef['id'], WorkState | EtlError>();
      for (const [id, command] of commands) states.set(id, await stateOf(command, api));
      return states;
    },

    cancel: ({ id }) => kill(id),

    ...(listener && {
      watch: ({ key, pushed }: WorkRef, wake: () => void) => (pushed ? listener.watch(key, wake) : () => {}),
    }),

    async outcome({ id }, kind): Promise<JobOutcome> {
      if (kind === 'shell') return shellOutcome(await resultsOf(api, store, id));
      if (kind !== 'chain') return {};
      const command = await api.command(id);
      if (command === undefined) throw new EtlError('JobLost', `Qubole no longer knows the command ${id}`);
      const subCommands = subCommandsOf(command).slice(0, tellsOfItsEnd(command) ? -1 : undefined);
      // QDS ends a workflow at the first failure, so in one that is done every command is.
      const commands = subCommands.map((own, index) => ({
        ref: own.id ? String(own.id) : `${id}#${index + 1}`,
        state: statusOf({ status: own.status ?? command.status }),
      }));
      return { commands };
    },

    logs: ({ id }, from) => logPage(api, id, from),

    async *listKeyed(since) {
      // QDS gives whole seconds.
      const from = Math.floor(since.getTime() / 1000) * 1000;
      for await (const commands of commandsSince(api, new Date(from))) {
        for (const command of commands) {
          const startedAt = new Date((command.created_at ?? '').replace(' UTC', 'Z').replace(' ', 'T'));
          if (startedAt.getTime() < from) return;
          if (parseJobKey(command.name ?? '') === undefined) continue;
          const ref = refOf(command);
          yield { key: ref.key, ref, status: statusOf(command), startedAt } satisfies KeyedJob;
        }
      }
    },
  } satisfies JobEngine;
  return engine;
}

/** Whether the last command of it is ours, which sends a message. */
const tellsOfItsEnd = (command: Command): boolean =>
  command.command_type === 'CompositeCommand' &&
  JSON.stringify(subCommandsOf(command).at(-1) ?? null).includes(PUSH_MARK);
