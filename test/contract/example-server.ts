import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Job {
  id: string;
  name: string;
  state: string;
  error?: string;
  createdAt: string;
  log: string;
  child: ChildProcess;
}

const PAGE = 50;

/** Foreman, the imaginary job server of docs/adding-an-engine.md: real scripts in real processes. */
export async function startForeman(token: string) {
  const jobs = new Map<string, Job>();

  function start(name: string, script: string, env: Record<string, string>): Job {
    const child = spawn('/bin/sh', ['-c', script], {
      env: { PATH: '/usr/bin:/bin', ...env },
      detached: true,
    });
    const id = String(jobs.size + 1);
    const job: Job = { id, name, state: 'BUSY', createdAt: new Date().toISOString(), log: '', child };
    const note = (chunk: unknown) => (job.log += String(chunk));
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    child.on('close', (code) => {
      if (job.state === 'STOPPED') return;
      job.state = code === 0 ? 'OK' : 'BROKEN';
      if (code !== 0) job.error = job.log.trim().split('\n').at(-1) ?? '';
    });
    jobs.set(id, job);
    return job;
  }

  function stop(job: Job): void {
    if (job.state !== 'BUSY') return;
    job.state = 'STOPPED';
    process.kill(-(job.child.pid ?? 0), 'SIGKILL');
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.headers.authorization !== `Bearer ${token}`)
      return void reply(401, { message: 'who are you' });
    const url = new URL(request.url ?? '/', 'http://foreman');
    const [, , id, log] = url.pathname.split('/');
    if (request.method === 'POST') {
      const { name, script, env } = JSON.parse(Buffer.concat(chunks).toString());
      const before = [...jobs.values()].find((job) => job.name === name);
      return void reply(before ? 409 : 201, shown(before ?? start(name, script, env)));
    }
    if (id === undefined) return void reply(200, pageOf([...jobs.values()], url.searchParams));
    const job = jobs.get(id);
    if (!job) return void reply(404, { message: `no job ${id}` });
    if (log) return void response.end(job.log.slice(Number(url.searchParams.get('from') ?? 0)));
    if (request.method === 'DELETE') stop(job);
    reply(200, shown(job));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begun: (name: string) => [...jobs.values()].filter((job) => job.name === name).length,
    async close() {
      for (const job of jobs.values()) stop(job);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const shown = ({ id, name, state, error, createdAt }: Job) => ({ id, name, state, error, createdAt });

function pageOf(all: Job[], query: URLSearchParams) {
  const [name, ids, since] = ['name', 'ids', 'since'].map((field) => query.get(field));
  const found = all
    .filter((job) => !name || job.name === name)
    .filter((job) => !ids || ids.split(',').includes(job.id))
    .filter((job) => !since || job.createdAt >= since)
    .toReversed();
  const from = Number(query.get('page') ?? 0);
  const size = ids ? found.length : PAGE;
  const next = from + size < found.length ? String(from + size) : null;
  return { jobs: found.slice(from, from + size).map(shown), next };
}
