import { shortHash } from '../src/domain/key.ts';
import { EtlError } from '../src/domain/failure.ts';
import type {
  FileSet,
  PublishPlan,
  PublishRequest,
  StatementBatch,
  StoredFile,
  Warehouse,
} from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection, heartbeating } from './waiting.ts';
import type { Watchers } from './watcher.ts';

export interface PreparedPublish {
  plan: PublishPlan;
  manifest: string;
  rows: number;
  files: number;
}

export type LedgerEntry = 'published' | 'superseded' | 'absent';

export type PublishWhat = Pick<
  PublishRequest,
  'table' | 'mode' | 'uniqueKey' | 'where' | 'unit' | 'key' | 'seq'
>;

/** What publishing needs beside running statements: the manifest, and the ledger's word. */
export function createPublishActivities({ warehouses, files, measure }: Deps, watchers: Watchers) {
  return {
    /** Writes the manifest of the files that are there now, and makes the SQL that publishes them. */
    async preparePublish(request: {
      warehouse: string;
      from: FileSet;
      what: PublishWhat;
    }): Promise<PreparedPublish> {
      const warehouse = connection('warehouse', warehouses, request.warehouse);
      const { from, what } = request;
      if (!from.path.startsWith('s3://')) {
        throw new EtlError(
          'Rejected',
          `COPY reads from S3 only, and \`from\` is ${from.path}; write the output to s3://`,
        );
      }
      const found = await files.list(from.path);
      if (found.length === 0) throw new EtlError('PublishFailed', `there is no file in ${from.path}`);
      const { rows } = await measure(from);
      const manifest = manifestPath(from.path, what.key);
      await files.write(manifest, manifestOf(found));
      const manifestHash = shortHash(
        found.map(({ path, etag, bytes }) => `${path} ${etag} ${bytes}`).join('\n'),
        32,
      );
      const plan = warehouse.publishPlan({ ...what, format: from.format, manifest, manifestHash, rows });
      return { plan, manifest, rows, files: found.length };
    },

    /** What the ledger says of a key, after an answer that was lost or a statement that failed. */
    async readLedger(request: { warehouse: string; plan: PublishPlan; key: string }): Promise<LedgerEntry> {
      const warehouse = connection('warehouse', warehouses, request.warehouse);
      // Every look has a name of its own: an old look's answer would be an old truth.
      const name = `${request.key}-l${Date.now().toString(36)}`;
      const row = await firstRow(warehouse, request.plan.ledger, name, watchers);
      if (Number(row?.['published']) > 0) return 'published';
      return Number(row?.['newer']) > 0 ? 'superseded' : 'absent';
    },
  };
}

async function firstRow(warehouse: Warehouse, batch: StatementBatch, name: string, watchers: Watchers) {
  const ref = await warehouse.submit(batch, name);
  return heartbeating(
    () => ({ ref: ref.id }),
    async (cancelled) => {
      const state = await watchers.of(warehouse).ended(ref, cancelled, () => {});
      if (state.status === 'done') return (await warehouse.result(ref)).row;
      // What has nothing to do with the statement passes; a permission that is missing does not.
      const type = state.transient === undefined ? 'PublishFailed' : 'Unavailable';
      throw new EtlError(type, `can't read the ledger: ${state.message ?? state.status}`);
    },
  );
}

/** Beside the data, in a folder that readers of the bucket leave out. */
function manifestPath(dataPath: string, key: string): string {
  const bucket = /^s3:\/\/[^/]+/.exec(dataPath)?.[0] ?? '';
  return `${bucket}/_millrace/manifests/${key}.json`;
}

/** https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html */
const manifestOf = (files: StoredFile[]): string =>
  JSON.stringify({
    entries: files.map(({ path, bytes }) => ({
      url: path,
      mandatory: true,
      meta: { content_length: bytes },
    })),
  });
