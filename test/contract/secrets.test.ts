import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createSecrets } from '../../src/secrets.ts';
import { startMinistack } from './ministack.ts';

let server: Awaited<ReturnType<typeof startMinistack>>;
let client: SecretsManagerClient;
let options: object;

beforeAll(async () => {
  server = await startMinistack();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  options = { region: 'us-east-1', endpoint: server.endpoint, credentials, maxAttempts: 1 };
  client = new SecretsManagerClient(options);
  await client.send(new CreateSecretCommand({ Name: 'qds', SecretString: 'one' }));
  await client.send(new CreateSecretCommand({ Name: 'db', SecretString: '{"user":"etl","port":5439}' }));
});
afterAll(() => server.stop());

test('a secret is put in, and read again once it was refused', async () => {
  const secret = createSecrets(options, { HOST: 'h' });
  expect(await secret('${env:HOST}:${secret:qds}')).toBe('h:one');
  await client.send(new PutSecretValueCommand({ SecretId: 'qds', SecretString: 'two' }));
  expect(await secret('${secret:qds}')).toBe('one');
  expect(await secret('${secret:qds}', true)).toBe('two');
  expect(await secret('${secret:qds}')).toBe('two');
});

test('a field of a secret that is JSON is put in', async () => {
  const secret = createSecrets(options, {});
  expect(await secret('${secret:db#user}@${secret:db#port}')).toBe('etl@5439');
  await expect(secret('${secret:db#none}')).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('has no field none'),
  });
  await expect(secret('${secret:qds#user}')).rejects.toMatchObject({ type: 'Rejected' });
});

test('a secret that is not there is named', async () => {
  const secret = createSecrets(options, {});
  await expect(secret('${secret:nobody}')).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('cannot read the secret nobody'),
  });
});
