import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createUnloadActivities } from '../../activities/unload.ts';
import type { UnloadRequest } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { credentials, startPublishWorld, type PublishWorld } from './publish-world.ts';

/** UNLOAD of partitions over those of an earlier one, on the stand-in and a real S3. */

let world: PublishWorld;
let activities: ReturnType<typeof createUnloadActivities>;
let unload: UnloadRequest;

beforeAll(async () => {
  world = await startPublishWorld();
  const s3 = { endpoint: world.s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials };
  const warehouses = { analytics: world.warehouse };
  activities = createUnloadActivities({ warehouses, files: createObjectStore({ s3 }) });
});
afterAll(() => world?.stop(), 60_000);

let folders = 0;
beforeEach(() => {
  unload = {
    query: '',
    to: `s3://lake/out/${(folders += 1)}/`,
    format: 'csv',
    partitionBy: ['shop', 'n'],
    existing: 'replace',
    parallel: false,
  };
});

const ROWS = (shops: string) => `select shop, 1 as n, 'x' as v from (values ${shops}) t(shop)`;
/** Prepares an unload and does it; what comes after is `readUnload`. */
async function begin(shops: string, more: Partial<UnloadRequest> = {}) {
  const request = { ...unload, query: ROWS(shops), ...more };
  const key = world.freshKey();
  const once = { target: 'p/export', unit: `p/export/${key}`, key, seq: Date.now() };
  const plan = await activities.prepareUnload({ warehouse: 'analytics', unload: request, once });
  expect(await world.finish(plan.run)).toMatchObject({ status: 'done' });
  return { unload: request, key };
}
const run = async (...asked: Parameters<typeof begin>) => activities.readUnload(await begin(...asked));
const keys = async () => {
  const folder = unload.to.slice('s3://lake/'.length);
  return (await world.s3.keys(folder)).map((key) => key.slice(folder.length));
};
const put = (name: string, text = 'old') =>
  world.s3.put(`${unload.to.slice('s3://lake/'.length)}${name}`, text);

test('a partition that no longer occurs goes, and what else is in the folder stays', async () => {
  expect(await run("('a'), ('b')")).toMatchObject({ rows: 2, files: 2, removed: 0 });
  await put('README');
  await put('shop=b/notes');
  await put('other=b/n=1/000');
  await world.s3.put('out/elsewhere/shop=b/n=1/000', 'old');
  expect(await run("('a'), ('c d')")).toMatchObject({ rows: 2, files: 2, removed: 1 });
  expect(await keys()).toEqual([
    'README',
    'manifest',
    'other=b/n=1/000',
    'shop=a/n=1/000',
    'shop=b/notes',
    'shop=c%20d/n=1/000',
  ]);
  expect(await world.s3.keys('out/elsewhere/')).toHaveLength(1);
});

test('nothing goes before the unload is done, nor what came or changed since it began', async () => {
  await run("('a'), ('b'), ('c')");
  const begun = await begin("('a')");
  expect(await keys()).toContain('shop=b/n=1/000');
  await put('shop=b/n=1/000', 'of another run');
  await put('shop=d/n=1/000', 'of another run');
  expect(await activities.readUnload(begun)).toMatchObject({ removed: 1 });
  expect(await keys()).toEqual(['manifest', 'shop=a/n=1/000', 'shop=b/n=1/000', 'shop=d/n=1/000']);
  // Asked again, as after an answer that was lost.
  expect(await activities.readUnload(begun)).toMatchObject({ rows: 1, removed: 0 });
});

test('an attempt that finds the unload done goes by what was there before the first one', async () => {
  await run("('a'), ('b')");
  const { unload: request, key } = await begin("('a')");
  await put('shop=d/n=1/000', 'of another run');
  const once = { target: 'p/export', unit: 'p/export/again', key, seq: Date.now() };
  await activities.prepareUnload({ warehouse: 'analytics', unload: request, once });
  expect(await activities.readUnload({ unload: request, key })).toMatchObject({ removed: 1 });
  expect(await keys()).toEqual(['manifest', 'shop=a/n=1/000', 'shop=d/n=1/000']);
});

test('nothing goes where the folder is not what the manifest says', async () => {
  await run("('a'), ('b')");
  const begun = await begin("('a')");
  const store = createObjectStore({
    s3: { endpoint: world.s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials },
  });
  await store.delete(`${unload.to}shop=a/n=1/000`);
  expect(await activities.readUnload(begun)).toMatchObject({
    warnings: [expect.stringMatching(/shop=a.* is not there: no partition of before was removed/)],
  });
  expect(await keys()).toContain('shop=b/n=1/000');
});

test('with add all stays', async () => {
  await run("('a'), ('b')");
  const added = await run("('a')", { existing: 'add' });
  expect(added).not.toHaveProperty('removed');
  expect(await keys()).toContain('shop=b/n=1/000');
});
