import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PYSPARK } from './programs/pyspark.ts';
import { sparkApplication } from './programs/spark-submit.ts';
import { Files } from './s3.ts';

/** The built file, also where this one runs as TypeScript: a job's process is plain Node. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/emulators/emr/programs/main.js' : 'programs/main.js',
    import.meta.url,
  ),
);
const PROGRAMS = ['spark-submit', 'spark-sql', 'hive-script', 'hive'];
const KILL_AFTER_MS = 2_000;

export interface Work {
  /** Its exit code; 128 and more for a signal. Both logs are in S3 by then, if there is a place for them. */
  ended: Promise<number>;
  /** The last line that it said on stderr. */
  lastWords(): Promise<string>;
  interrupt(): void;
  kill(): void;
}

/** Where jobs run: processes of this machine, in a folder of their own, with the programs of a cluster on their path. */
export class Workshop {
  readonly files: Files;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #running = new Set<Work>();
  #made = 0;

  private constructor(folder: string, files: Files, env: Record<string, string>) {
    this.#folder = folder;
    this.files = files;
    this.#env = env;
  }

  static async open(s3: S3ClientConfig, more: Record<string, string> = {}): Promise<Workshop> {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-emr-'));
    const bin = path.join(folder, 'bin');
    const python = path.join(folder, 'python');
    await mkdir(bin);
    await mkdir(path.join(python, 'pyspark'), { recursive: true });
    for (const [name, text] of Object.entries(PYSPARK))
      await writeFile(path.join(python, 'pyspark', name), text);
    for (const name of PROGRAMS) {
      const file = path.join(bin, name);
      await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" ${name} "$@"\n`);
      await chmod(file, 0o755);
    }
    const env = {
      ...awsEnvironment(s3),
      ...more,
      PATH: [bin, more['PATH'] ?? process.env['PATH'] ?? '/usr/bin:/bin'].join(':'),
      PYTHONPATH: python,
      PYTHONUNBUFFERED: '1',
      MILLRACE_EMR_PROGRAM: PROGRAM,
      MILLRACE_EMR_NODE: process.execPath,
    };
    return new Workshop(folder, new Files(s3), env);
  }

  /** Starts a command line. `logs` is the folder in S3 that gets stderr.gz and stdout.gz when it has ended. */
  async start(command: readonly string[], logs: string | undefined): Promise<Work> {
    this.#made += 1;
    const cwd = path.join(this.#folder, `work-${this.#made}`);
    await mkdir(cwd);
    const [stderr, stdout] = await Promise.all(
      ['stderr', 'stdout'].map((name) => open(path.join(cwd, name), 'w')),
    );
    const [program = '', ...args] = await this.#prepared(command, cwd);
    const child = spawn(program, args, {
      cwd,
      env: { ...this.#env, HOME: cwd },
      detached: true,
      stdio: ['ignore', stdout?.fd ?? 'ignore', stderr?.fd ?? 'ignore'],
    });
    const signal = (name: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name);
      } catch {
        // All of it has ended.
      }
    };
    const exit = new Promise<number>((resolve) => {
      child.once('error', (error) => void stderr?.writeFile(`${error.message}\n`).then(() => resolve(127)));
      child.once('exit', (code) => resolve(code ?? 137));
    });
    const read = (name: string) => readFile(path.join(cwd, name)).catch(() => Buffer.of());
    const finish = async (): Promise<number> => {
      const code = await exit;
      // What it left running belongs to it.
      signal('SIGKILL');
      await Promise.all([stderr?.close(), stdout?.close()]);
      this.#running.delete(work);
      if (logs !== undefined) {
        for (const name of ['stderr', 'stdout']) {
          await this.files.write(`${logs}${name}.gz`, gzipSync(await read(name))).catch(() => undefined);
        }
      }
      return code;
    };
    const work: Work = {
      ended: Promise.resolve().then(finish),
      lastWords: async () => (await read('stderr')).toString().trim().split('\n').at(-1) ?? '',
      interrupt: () => {
        signal('SIGTERM');
        setTimeout(() => signal('SIGKILL'), KILL_AFTER_MS).unref();
      },
      kill: () => signal('SIGKILL'),
    };
    this.#running.add(work);
    return work;
  }

  /** A Spark application is started without a program in between; one that can't be says why, and fails. */
  async #prepared([program = '', ...args]: readonly string[], cwd: string): Promise<string[]> {
    if (program !== 'spark-submit') return [program, ...args];
    try {
      return await sparkApplication(args, this.files, cwd);
    } catch (error) {
      return ['/bin/sh', '-c', 'echo "$1" >&2; exit 1', program, (error as Error).message];
    }
  }

  async close(): Promise<void> {
    const running = [...this.#running];
    for (const work of running) work.kill();
    await Promise.all(running.map((work) => work.ended));
    this.files.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** What tells the AWS CLI and SDKs in a job where S3 is. */
function awsEnvironment({ endpoint, credentials, region }: S3ClientConfig): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[0].startsWith('AWS_') && entry[1] !== undefined,
  );
  const keys = credentials as { accessKeyId?: string; secretAccessKey?: string } | undefined;
  return {
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    ...Object.fromEntries(inherited),
    ...(typeof endpoint === 'string' && { AWS_ENDPOINT_URL_S3: endpoint }),
    ...(typeof region === 'string' && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...(keys?.accessKeyId !== undefined && {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey ?? '',
    }),
  };
}
