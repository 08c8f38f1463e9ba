import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../loopback.ts';
import { postgresBinaries } from './binaries.ts';

/** A PostgreSQL server that lives as long as this process. */
export interface Postgres {
  readonly port: number;
  /** The connection of the superuser, which users of the warehouse never get. */
  connection(database: string): pg.ClientConfig;
  /** Stops the server at once and starts it again on the same data, as a warehouse that reboots. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const SUPERUSER = 'millrace_emulator';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // 500 sessions, 16 statements, and ours.
  max_connections: '560',
  shared_buffers: '128MB',
  // Grouping and joining a million keys in memory, as a warehouse does.
  work_mem: '64MB',
  // Nobody replicates it, so a table that is loaded where it is made is not written twice.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  jit: 'off',
  autovacuum_naptime: '60s',
  default_transaction_isolation: 'repeatable read',
  // Redshift reads backslashes in plain strings as escapes.
  standard_conforming_strings: 'off',
  escape_string_warning: 'off',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  // Passwords are random: what makes guessing slow would only make connecting slow.
  scram_iterations: '1',
  // Errors of statements go to those who sent them.
  log_min_messages: 'fatal',
};

/**
 * A shell script that runs a program and interrupts it as soon as the script's standard input ends, which it does
 * when we close it and when we die, whatever killed us.
 */
const LEASH =
  'exec 3<&0; "$@" </dev/null 3<&- & pid=$!; { cat >/dev/null; kill -INT $pid; } <&3 2>/dev/null & wait $pid';

/** PostgreSQL refuses to run as root; in a user namespace of its own root is nobody, who still owns the files. */
const asNobody = (command: string[]): string[] =>
  process.getuid?.() === 0 && process.platform === 'linux' ? ['unshare', '--user', ...command] : command;

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const run = async ([file, ...args]: string[]): Promise<void> => {
  try {
    await promisify(execFile)(file!, args, { env: { PATH: process.env['PATH'] } });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || String(error);
    const instead =
      file === 'unshare' ? '; if user namespaces are off here, run as another user than root' : '';
    throw new Error(`PostgreSQL's initdb failed: ${said}${instead}`, { cause: error });
  }
};

/** Makes the data folder unless it is there; a half-made one is never taken for it. */
const initialise = async (binaries: string, data: string, passwordFile: string): Promise<void> => {
  if (await exists(data)) return;
  const unfinished = `${data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await writeFile(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  const options = [
    '--auth=scram-sha-256',
    `--set=scram_iterations=${SETTINGS.scram_iterations}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  await run(
    asNobody([
      path.join(binaries, 'initdb'),
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      ...options,
    ]),
  );
  await rename(unfinished, data);
};

/** Starts PostgreSQL on a free port of 127.0.0.1 with its data in `folder`, and again whenever it ends by itself. */
export const startPostgres = async (folder: string, log: (line: string) => void): Promise<Postgres> => {
  const binaries = await postgresBinaries();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const data = path.join(path.resolve(folder), 'postgres');
  const passwordFile = path.join(path.resolve(folder), 'superuser-password');
  await initialise(binaries, data, passwordFile);
  const password = await readFile(passwordFile, 'utf8');
  const port = await freePort();
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = asNobody([path.join(binaries, 'postgres'), '-D', data, '-p', String(port), ...settings]);
  const connection = (database: string): pg.ClientConfig => ({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password,
    database,
  });

  let child: ChildProcess;
  let ended: Promise<unknown>;
  let stopping = false;

  const answers = async (): Promise<boolean> => {
    const client = new pg.Client(connection('postgres'));
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
  };

  const start = async (): Promise<void> => {
    // A session of its own: a Ctrl-C in the terminal is for us to pass on, in our order.
    child = spawn('sh', ['-c', LEASH, 'postgres', ...command], {
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    const lastLines: string[] = [];
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log(text.trimEnd());
      lastLines.splice(0, lastLines.length - 4, text.trimEnd());
    });
    child.stdin!.on('error', () => {});
    const started = child;
    ended = once(child, 'exit').then(() => started.stdin!.destroy());
    while (!(await answers())) {
      if (started.exitCode !== null) throw new Error(`PostgreSQL did not start: ${lastLines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    void ended.then(() => {
      if (stopping || child !== started) return;
      log('PostgreSQL ended by itself; starting it again');
      start().catch((error: unknown) => log(String(error)));
    });
  };

  const end = async (): Promise<void> => {
    child.stdin!.destroy();
    const killer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 10_000);
    await ended;
    clearTimeout(killer);
  };

  const restart = async (): Promise<void> => {
    stopping = true;
    await end();
    stopping = false;
    await start();
  };

  await start();
  // One at a time: a server that is only starting is not to be stopped.
  let last: Promise<void> = Promise.resolve();
  return {
    port,
    connection,
    restart: () => (last = last.then(restart)),
    stop: async () => {
      await last.catch(() => {});
      stopping = true;
      await end();
    },
  };
};
