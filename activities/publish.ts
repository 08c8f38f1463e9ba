import { fillsRecord } from '../src/domain/copy-options.ts';
import { EtlError } from '../src/domain/failure.ts';
import { shortHash } from '../src/domain/key.ts';
import { ledgerEntry, type LedgerEntry } from '../src/domain/publication.ts';
import type {
  FileSet,
  Once,
  OncePlan,
  PublishMode,
  PublishPlan,
  PublishRequest,
  StatementBatch,
  StoredFile,
  Warehouse,
  WorkRef,
} from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection, heartbeating } from './waiting.ts';
import type { Watchers } from './watcher.ts';

export interface PreparedPublish {
  /** A history may hold a plan of an earlier version, which had no warnings. */
  plan: Omit<PublishPlan, 'warnings'> & { warnings?: string[] };
  manifest: string;
  manifestHash: string;
  /** Null where only the load can tell. */
  rows: number | null;
  files: number;
}

export type PublishWhat = Omit<PublishRequest, 'format' | 'manifest' | 'manifestHash' | 'contents'>;

/** Where the ledger is read, and what is looked for. */
export interface LedgerQuestion {
  warehouse: string;
  ledger: StatementBatch;
  key: string;
  mode?: PublishMode;
  manifestHash?: string;
}

export interface KeptRows {
  rejected: number;
  rejectedPath: string | null;
}

/** Beyond it a list of rejected rows says no more. */
const MOST_REJECTED = 100_000;

/** What publishing needs beside running statements: the manifest, the plan, and the ledger's word. */
export function createPublishActivities(
  { warehouses, files, contents }: Pick<Deps, 'warehouses' | 'files' | 'contents'>,
  watchers: Watchers,
) {
  const warehouseOf = (name: string) => connection('warehouse', warehouses, name);

  return {
    /** Writes the manifest of the files that are there now, and makes the SQL that publishes them. */
    async preparePublish(request: {
      warehouse: string;
      from: FileSet;
      what: PublishWhat;
    }): Promise<PreparedPublish> {
      const warehouse = warehouseOf(request.warehouse);
      const { from, what } = request;
      if (!from.path.startsWith('s3://')) {
        throw new EtlError(
          'Rejected',
          `COPY reads from S3 only, and \`from\` is ${from.path}; write the output to s3://`,
        );
      }
      const found = await files.list(from.path);
      if (found.length === 0) throw new EtlError('PublishFailed', `there is no file in ${from.path}`);
      const read = await contents(found, from.format, fillsRecord(what.options));
      const manifest = manifestPath(from.path, what.key);
      await files.write(manifest, manifestOf(found));
      const manifestHash = shortHash(
        found.map(({ path, etag, bytes }) => `${path} ${etag} ${bytes}`).join('\n'),
        32,
      );
      const options = { ...unpacking(found, from), ...what.options };
      const plan = await warehouse.publishPlan({
        ...what,
        options,
        format: from.format,
        manifest,
        manifestHash,
        contents: read,
      });
      return { plan, manifest, manifestHash, rows: read.rows ?? null, files: found.length };
    },

    /** Makes the SQL that lets statements take effect once. */
    async prepareStatements(request: {
      warehouse: string;
      statements: string[];
      once: Once;
    }): Promise<OncePlan> {
      const { statements, once } = request;
      return warehouseOf(request.warehouse).oncePlan({ statements }, once);
    },

    /** Keeps the rows that a load left out in S3, one JSON object a line. */
    async keepRejected(request: { warehouse: string; ref: WorkRef; manifest: string }): Promise<KeptRows> {
      const errors = await warehouseOf(request.warehouse).loadErrors(request.ref, MOST_REJECTED);
      if (errors.length === 0) return { rejected: 0, rejectedPath: null };
      const rejectedPath = request.manifest.replace('/manifests/', '/rejected/');
      await files.write(rejectedPath, errors.map((error) => `${JSON.stringify(error)}\n`).join(''));
      return { rejected: errors.length, rejectedPath };
    },

    /** What the ledger says of a key, after an answer that was lost or a statement that failed. */
    async readLedger(question: LedgerQuestion): Promise<LedgerEntry> {
      const { key, ledger } = question;
      // Every look has a name of its own: an old look's answer would be an old truth.
      const name = `${key}-l${Date.now().toString(36)}`;
      const row = await firstRow(warehouseOf(question.warehouse), ledger, name, watchers);
      return ledgerEntry(row ?? {}, question);
    },
  };
}

async function firstRow(warehouse: Warehouse, batch: StatementBatch, name: string, watchers: Watchers) {
  const ref = await warehouse.submit(batch, name, true);
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

/** Files that are packed say so by their names, and COPY wants to be told. */
function unpacking(found: readonly StoredFile[], { format }: FileSet): { gzip?: true } {
  if (format !== 'csv' && format !== 'json') return {};
  const packed = found.filter(({ path }) => path.endsWith('.gz'));
  if (packed.length === 0) return {};
  if (packed.length === found.length) return { gzip: true };
  const [first] = found.filter(({ path }) => !path.endsWith('.gz'));
  throw new EtlError(
    'PublishFailed',
    `${packed[0]?.path} is packed and ${first?.path} is not, and one COPY takes either; write all alike`,
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
