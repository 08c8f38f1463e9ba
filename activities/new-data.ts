import { capturesNaming } from '../src/domain/event-interval.ts';
import { EtlError, FAILURE, rejecting } from '../src/domain/failure.ts';
import { countsOf, gather } from '../src/domain/gather.ts';
import {
  newDataId,
  type Gathered,
  type GatheredFile,
  type NewDataPlan,
  type RunLook,
} from '../src/domain/new-data.ts';
import { parseNewDataInput } from '../src/domain/new-data-input.ts';
import { intervalsOf } from '../src/domain/schedule-ticks.ts';
import type { Deps } from './deps.ts';

/** The files of an interval that are too many for a history. */
interface Store {
  /** The first run ID of the workflow whose files these are. */
  chain: string;
  /** The last request that was gathered, and what it came to: the same again answers the same. */
  last: { nth: number; fresh: number[] };
  files: GatheredFile[];
}

/** How new data is gathered: the rules of the pipeline, files that are too many for a history, the run they start. */
export function createNewDataActivities({ pipelines, records, runs, files, stateFolder, settings }: Deps) {
  const folderOf = (pipeline: string, interval: string) =>
    `${stateFolder.replace(/\/+$/, '')}/new-data/${pipeline}/${interval}/`;
  const storeOf = (pipeline: string, interval: string) => `${folderOf(pipeline, interval)}files.json`;

  async function readStore(path: string): Promise<Store | undefined> {
    const found = await files.list(path);
    return found.length === 0
      ? undefined
      : (JSON.parse(new TextDecoder().decode(await files.read(path))) as Store);
  }

  /** What has come must not be lost: a store that refuses it is tried for as long as one that is away. */
  async function insisting<T>(folder: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof EtlError && FAILURE[error.type].retryable) throw error;
      const words = error instanceof Error ? error.message : String(error);
      throw new EtlError('Unavailable', `new data can't be kept in ${folder}, and is tried again: ${words}`, {
        cause: error,
      });
    }
  }

  return {
    /**
     * Looks up what is new data and when there is enough of it. `wrong` is what is wrong with what the workflow was
     * started with; `Rejected` is what a later try may mend, when the pipeline's file has been.
     */
    async openNewData(request: {
      input: unknown;
      workflowId: string;
    }): Promise<NewDataPlan | { wrong: string }> {
      let asked: ReturnType<typeof parseNewDataInput>;
      try {
        asked = parseNewDataInput(request.input, request.workflowId);
      } catch (error) {
        return { wrong: (error as Error).message };
      }
      const { pipeline } = asked;
      const id = newDataId(pipeline, asked.interval);
      if (request.workflowId !== id)
        return { wrong: `new data of that interval is gathered by the workflow ${id}; signal that one` };
      const definition = await pipelines.load(pipeline);
      const { events: sources, covers } = definition;
      if (sources === undefined)
        throw new EtlError('Rejected', `${definition.file} has no events; add where its new data lands`);
      const found = rejecting(() => intervalsOf(definition).parse(asked.interval));
      const { id: interval } = found;
      const record = await records.read(pipeline, interval);
      const { heartbeatTimeoutMs, searchAttributes } = settings;
      return {
        pipeline,
        interval,
        covers,
        sources,
        captures: capturesNaming(found, definition),
        settings: { heartbeatTimeoutMs, searchAttributes },
        ...(record?.status === 'done' && {
          before: { startedAt: record.startedAt, endedAt: record.endedAt },
        }),
      };
    },

    /** Adds files to those of an interval. `nth` counts the requests, of which there is one at a time. */
    async gatherFiles(request: {
      pipeline: string;
      interval: string;
      chain: string;
      sources: number;
      nth: number;
      files: GatheredFile[];
    }): Promise<Gathered> {
      return insisting(folderOf(request.pipeline, request.interval), async () => {
        const path = storeOf(request.pipeline, request.interval);
        const found = await readStore(path);
        // Another workflow's files are those of an earlier gathering.
        const store = found?.chain === request.chain ? found : undefined;
        if (store?.last.nth === request.nth)
          return { counts: countsOf(store.files, request.sources), fresh: store.last.fresh };
        const known = new Map((store?.files ?? []).map((file) => [file.path, file]));
        const fresh = gather(known, request.files);
        const { chain, nth } = request;
        const next: Store = { chain, last: { nth, fresh }, files: [...known.values()] };
        await files.write(path, JSON.stringify(next));
        return { counts: countsOf(known.values(), request.sources), fresh };
      });
    },

    /** Writes the manifest of all files for a run, in the form that Redshift's COPY takes; returns its path. */
    async writeManifest(request: { pipeline: string; interval: string; nth: number }): Promise<string> {
      const { pipeline, interval, nth } = request;
      return insisting(folderOf(pipeline, interval), async () => {
        const store = await readStore(storeOf(pipeline, interval));
        const entries = (store?.files ?? [])
          .map(({ path: url, bytes }) => ({
            url,
            mandatory: true,
            ...(bytes !== undefined && { meta: { content_length: bytes } }),
          }))
          .sort((one, other) => (one.url < other.url ? -1 : 1));
        const path = `${folderOf(pipeline, interval)}manifest-${nth}.json`;
        await files.write(path, `${JSON.stringify({ entries })}\n`);
        return path;
      });
    },

    /** Where the newest run of an interval stands; undefined if there was none. */
    async lookAtRun(workflowId: string): Promise<RunLook | null> {
      return (await runs.look(workflowId)) ?? null;
    },
  };
}
