import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { startEmr } from '../../emulators/emr/index.ts';
import type { ObjectStore } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { startMinistack } from './ministack.ts';

const { aws } = JSON.parse(readFileSync(new URL('../../.millrace/tools.json', import.meta.url), 'utf8')) as {
  aws: string;
};

export const AWS = aws;
export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
export const STAGING = 's3://lake/millrace/';
export const LOGS = 's3://lake/logs/';

/** All that takes long elsewhere is short, and a minute of idling lasts half a second. */
const PACE = {
  startMs: 150,
  bootstrapMs: 50,
  terminateMs: 50,
  stopMs: 50,
  scheduleMs: 5,
  secondMs: 8,
  minuteMs: 500,
};

export interface StandIn {
  url: string;
  s3: string;
  store: ObjectStore;
  /** What the AWS CLI and SDKs need in their environment. */
  env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** The stand-in for EMR beside a local S3 with the bucket `lake`; the AWS CLI is on the path of its jobs. */
export async function startStandIn(): Promise<StandIn> {
  const ministack = await startMinistack();
  const s3 = { endpoint: ministack.endpoint, region: 'us-east-1', credentials, forcePathStyle: true };
  const client = new S3Client(s3);
  await client.send(new CreateBucketCommand({ Bucket: 'lake' }));
  client.destroy();
  const PATH = `${path.dirname(AWS)}:${process.env['PATH']}`;
  const emulator = await startEmr({ s3, env: { PATH }, pace: PACE });
  return {
    url: emulator.url,
    s3: ministack.endpoint,
    store: createObjectStore({ s3 }),
    env: {
      PATH,
      HOME: '/nonexistent',
      AWS_MAX_ATTEMPTS: '2',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: ministack.endpoint,
    },
    async stop() {
      await emulator.stop();
      await ministack.stop();
    },
  };
}

/** Looks again and again until there is something to see; the test's own timeout ends it. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
