import { EtlError } from '../domain/failure.ts';
import type { RunRecord, RunSummary } from '../domain/run-record.ts';
import type { ObjectStore, RunRecords } from '../ports.ts';

/**
 * Run records as one small file each: `<state>/runs/<pipeline>/<interval>_<start>_<end>_<status>_<trigger>_<run ID>.json`.
 *
 * What a list of runs shows stands in the names, so that thousands of runs are listed without opening a file. Names of
 * an interval sort by the start of the run.
 *
 * @param folder `s3://bucket/prefix` or a local path
 */
export function createRunRecords(store: ObjectStore, folder: string): RunRecords {
  const root = `${folder.replace(/\/+$/, '')}/runs/`;
  return {
    async write(record) {
      await store.write(`${root}${record.pipeline}/${nameOf(record)}`, `${JSON.stringify(record)}\n`);
    },

    async read(pipeline, interval) {
      const files = await store.list(`${root}${pipeline}/${interval}_*`);
      const newest = files.map(({ path }) => path).filter((path) => summaryOf(path) !== undefined);
      const path = newest.sort().at(-1);
      if (path === undefined) return undefined;
      return parsed(path, await store.read(path));
    },

    async list(pipeline, { since } = {}) {
      const files = await store.list(pipeline === undefined ? root : `${root}${pipeline}/`);
      const from = since?.toISOString() ?? '';
      return files
        .flatMap(({ path }) => summaryOf(path) ?? [])
        .filter(({ startedAt }) => startedAt >= from)
        .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    },
  };
}

const NAME =
  /([^/]+)\/([^/_]+)_(\d{8}T\d{6}\.\d{3}Z)_(\d{8}T\d{6}\.\d{3}Z)_(done|failed|cancelled)_([a-z]+)_([^/_]+)\.json$/;

/** `20261124T233001.123Z`: of one length, so that times sort as texts. */
const compact = (iso: string): string => new Date(iso).toISOString().replaceAll(/[-:]/g, '');

const iso = (time: string): string =>
  time.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(.*)$/, '$1-$2-$3T$4:$5:$6');

const nameOf = ({ interval, startedAt, endedAt, status, trigger, runId }: RunSummary): string =>
  `${[interval, compact(startedAt), compact(endedAt), status, trigger, runId].join('_')}.json`;

/** What the name of a record says; undefined for a file that is none. */
function summaryOf(path: string): RunSummary | undefined {
  const [, pipeline, interval, start, end, status, trigger, runId] = NAME.exec(path) ?? [];
  if (!pipeline || !interval || !start || !end || !runId) return undefined;
  return {
    workflowId: `${pipeline}/${interval}`,
    runId,
    pipeline,
    interval,
    status: status as RunSummary['status'],
    trigger: trigger as RunSummary['trigger'],
    startedAt: iso(start),
    endedAt: iso(end),
  };
}

function parsed(path: string, content: Uint8Array): RunRecord {
  try {
    return JSON.parse(new TextDecoder().decode(content)) as RunRecord;
  } catch (error) {
    throw new EtlError('Unexpected', `${path} is no run record: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
