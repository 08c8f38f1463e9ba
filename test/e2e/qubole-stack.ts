import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { DemoWarehouse } from '../../src/cli/demo/warehouse.ts';
import { startEmulator } from '../../src/cli/stack/emulator.ts';
import { freePorts } from '../../src/cli/stack/port.ts';
import { startStack, type Stack, type StackOptions } from '../../src/cli/stack/stack.ts';
import { environment, foundTools } from '../../src/config.ts';
import { ROOT } from './cli.ts';

type Env = Record<string, string | undefined>;

/** What every client of the local stand-ins for AWS is made with. */
export const LOCAL_AWS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

export const TOKEN = 'a-token-of-the-test';

/** The local stack with the stand-in for Qubole, and what a test reaches it with. */
export interface QuboleStack {
  stack: Stack;
  client: Client;
  warehouse: DemoWarehouse;
  s3: S3Client;
  /** The URL of the stand-in for Qubole. */
  qubole: string;
  close(): Promise<void>;
}

export interface QuboleStackOptions extends Pick<StackOptions, 'newData'> {
  /** The folder of an example, which is its task queue as well. */
  example: string;
  /** In addition to the environment of the tests. */
  env?: Env;
  /** Called before the worker starts; may add to its environment. */
  prepare?: (env: Env, stackEnv: Env) => Promise<void>;
}

/** Starts an example as it stands in its folder. */
export async function startQuboleStack({
  example,
  env: more = {},
  prepare = async () => {},
  ...rest
}: QuboleStackOptions): Promise<QuboleStack> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
  const [port = 0] = await freePorts(1);
  const env: Env = {
    ...environment,
    QDS_API_URL: `http://127.0.0.1:${port}/api/`,
    QDS_TOKEN: TOKEN,
    ...more,
  };
  let qubole = '';
  const stack = await startStack({
    folder,
    root: ROOT,
    env,
    tools: foundTools(),
    persist: false,
    ...rest,
    worker: {
      configPath: async ({ family, root, env: own, stackEnv, signal }) => {
        const main = join(root, 'dist', 'emulators', 'main.js');
        ({ url: qubole = '' } = await startEmulator({
          family,
          main,
          name: 'qubole',
          env: own,
          port,
          signal,
        }));
        await prepare(env, stackEnv);
        return join(ROOT, 'examples', example, 'millrace.yaml');
      },
      taskQueue: example,
    },
    log: () => {},
  });
  const s3 = new S3Client({ ...LOCAL_AWS, endpoint: stack.endpoints.s3, forcePathStyle: true });
  const redshift = new RedshiftDataClient({ ...LOCAL_AWS, endpoint: stack.endpoints.redshiftData });
  const client = new Client({ connection: await Connection.connect({ address: stack.endpoints.temporal }) });
  return {
    stack,
    client,
    warehouse: new DemoWarehouse(redshift, stack.warehouse),
    s3,
    qubole,
    async close() {
      await client.connection.close();
      s3.destroy();
      redshift.destroy();
      await stack.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
