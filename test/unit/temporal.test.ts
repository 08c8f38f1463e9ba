import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { temporalTarget } from '../../src/temporal.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-temporal-'));
const file = join(folder, 'temporal.toml');
writeFileSync(
  file,
  `[profile.default]\naddress = "from-profile:7233"\n
[profile.cloud]\naddress = "x.a1b2c.tmprl.cloud:7233"\nnamespace = "x.a1b2c"\napi_key = "secret"\n`,
);
afterAll(() => rmSync(folder, { recursive: true }));

const nowhere = { TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') };
const dev = () => '127.0.0.1:4000';

test('flags come first, then the environment, then the profile', () => {
  const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_ADDRESS: 'from-env:7233', TEMPORAL_NAMESPACE: 'n' };
  expect(temporalTarget({ address: 'from-flag:7233', namespace: 'f' }, env, dev)).toMatchObject({
    options: { address: 'from-flag:7233' },
    namespace: 'f',
  });
  expect(temporalTarget({}, env, dev)).toMatchObject({
    options: { address: 'from-env:7233' },
    namespace: 'n',
  });
  const profile = { TEMPORAL_CONFIG_FILE: file };
  expect(temporalTarget({}, profile, dev)).toMatchObject({ options: { address: 'from-profile:7233' } });
});

test('then the local stack that runs, then the usual address', () => {
  expect(temporalTarget({}, nowhere, dev)).toMatchObject({
    options: { address: '127.0.0.1:4000' },
    namespace: 'default',
  });
  expect(temporalTarget({}, nowhere, () => undefined)).toMatchObject({
    options: { address: 'localhost:7233' },
  });
});

test('a profile brings its API key, and TLS with it', () => {
  const { options, namespace } = temporalTarget({ profile: 'cloud' }, { TEMPORAL_CONFIG_FILE: file }, dev);
  expect(options).toMatchObject({
    address: 'x.a1b2c.tmprl.cloud:7233',
    apiKey: 'secret',
    tls: expect.anything(),
  });
  expect(namespace).toBe('x.a1b2c');
});

test('the environment may bring certificates', () => {
  const env = {
    ...nowhere,
    TEMPORAL_ADDRESS: 'own:7233',
    TEMPORAL_TLS_CLIENT_CERT_DATA: 'certificate',
    TEMPORAL_TLS_CLIENT_KEY_DATA: 'key',
  };
  expect(temporalTarget({}, env, dev).options.tls).toMatchObject({
    clientCertPair: { crt: expect.anything(), key: expect.anything() },
  });
});
