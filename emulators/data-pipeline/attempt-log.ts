import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { asFolder, type S3 } from './services/s3.ts';

/** AWS's names; it compresses them. */
const FILES = ['Activity.log', 'StdOutput', 'StdError'] as const;

export interface AttemptLog {
  /** For the attempt's own files. */
  folder: string;
  out(text: string): void;
  err(text: string): void;
  say(text: string): void;
  /** Brings the log to S3 and removes the folder. */
  close(): Promise<void>;
}

/**
 * Where the log of an attempt goes, under `pipelineLogUri`.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-viewing-logs.html
 */
export const logPlace = (logUri: string, ...ids: string[]): string => `${asFolder(logUri)}${ids.join('/')}/`;

/** Keeps what an attempt says in files, which go to `place` at its end where there is one. */
export async function openAttemptLog(s3: S3, place: string | undefined, complain: (line: string) => void) {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-data-pipeline-'));
  const folder = await mkdtemp(path.join(root, 'work-'));
  const streams = FILES.map((name) => createWriteStream(path.join(root, name)));
  const [activity, out, err] = streams;
  const log: AttemptLog = {
    folder,
    out: (text) => void out?.write(text),
    err: (text) => void err?.write(text),
    say: (text) => void activity?.write(`${new Date().toISOString()} ${text}\n`),
    async close() {
      for (const stream of streams) stream.end();
      await Promise.all(streams.map((stream) => finished(stream)));
      try {
        if (place !== undefined)
          await Promise.all(FILES.map((name) => s3.upload(path.join(root, name), place + name)));
      } catch (error) {
        complain(
          `the log was not written to ${place}: ${error instanceof Error ? error.message : String(error)}`,
        );
      } finally {
        await rm(root, { recursive: true, force: true, maxRetries: 10 });
      }
    },
  };
  return log;
}
