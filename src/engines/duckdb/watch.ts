import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { relative } from 'node:path';

import { jobFolder, readClaim, type JobFolder } from './job-folder.ts';
import { look } from './look.ts';
import { isGoneWithin } from '../process.ts';

/** The longest path of a socket that every system takes (104 bytes on macOS, 108 on Linux). */
const MAX_SOCKET_PATH = 103;
const RETRY_MS = 200;

export interface WatchOptions {
  root: string;
  /** Whether a process is a child of ours, whose end we are told anyway. */
  isOurs: (key: string) => boolean;
  /** Called when the process of a watched job is gone. */
  onGone: (key: string) => void;
}

/**
 * Notices at once that a job's process is gone, whatever ended it: the kernel closes the connection to its socket.
 * Jobs that wait for a process are looked at again with every `attend`.
 */
export function createWatchers({ root, isOurs, onGone }: WatchOptions) {
  const wakers = new Map<string, Set<() => void>>();
  /** What waits for each process: a connection, or a timer until the next one is tried. */
  const sockets = new Map<string, { destroy(): unknown }>();

  function wake(key: string): void {
    wakers.get(key)?.forEach((call) => call());
  }

  async function lose(job: JobFolder): Promise<void> {
    sockets.delete(job.key);
    if (!wakers.has(job.key)) return;
    // The connection closes a moment before the process is gone.
    const owner = readClaim(job);
    if (owner !== undefined && look(job).is === 'running') await isGoneWithin(owner, 1_000);
    onGone(job.key);
  }

  function attend(key: string): void {
    if (!wakers.has(key) || sockets.has(key)) return;
    const job = jobFolder(root, key);
    const seen = look(job).is;
    if (seen === 'queued' || (seen === 'running' && isOurs(key))) return;
    if (seen !== 'running') return queueMicrotask(() => wake(key));
    const socket = connectTo(job);
    if (socket === undefined) return retry(key);
    sockets.set(key, socket);
    let isConnected = false;
    socket
      .on('connect', () => (isConnected = true))
      .on('error', () => undefined)
      .on('close', () => {
        const isDropped = sockets.get(key) !== socket;
        if (isDropped) return;
        if (isConnected) void lose(job);
        else retry(key);
      })
      .resume()
      .unref();
  }

  /** Nobody listens yet, or can't, or listens no longer. */
  function retry(key: string): void {
    const again = () => {
      sockets.delete(key);
      attend(key);
    };
    const timer = setTimeout(again, RETRY_MS).unref();
    sockets.set(key, { destroy: () => clearTimeout(timer) });
  }

  return {
    wake,
    attend,
    watch(key: string, call: () => void): () => void {
      const calls = wakers.get(key) ?? new Set();
      wakers.set(key, calls.add(call));
      attend(key);
      return () => {
        calls.delete(call);
        if (calls.size > 0 || wakers.get(key) !== calls) return;
        wakers.delete(key);
        sockets.get(key)?.destroy();
        sockets.delete(key);
      };
    },
  };
}

function connectTo(job: JobFolder): Socket | undefined {
  const paths = [job.socket, relative(process.cwd(), job.socket)];
  const path = paths.find((each) => Buffer.byteLength(each) <= MAX_SOCKET_PATH);
  if (path !== undefined) return connect(path);
  // Too long. Linux has a short path to every open folder; elsewhere looking again and again must do.
  if (process.platform !== 'linux') return undefined;
  const folder = openSync(job.path, 'r');
  return connect(`/proc/self/fd/${folder}/socket`).once('close', () => closeSync(folder));
}
