import type { RunSettings } from '../src/domain/plan.ts';
import type {
  DataPipelines,
  FileSet,
  JobEngine,
  Measure,
  Notifier,
  ObjectStore,
  PipelineSource,
  RunRecords,
  Runs,
  Warehouse,
} from '../src/ports.ts';

/** All that activities need of the world: ports, and a few settings. */
export interface Deps {
  engines: Readonly<Record<string, JobEngine>>;
  warehouses: Readonly<Record<string, Warehouse>>;
  webhooks: Readonly<Record<string, Notifier>>;
  topics: Readonly<Record<string, Notifier>>;
  dataPipelines: DataPipelines;
  files: ObjectStore;
  measure(files: FileSet): Promise<Measure>;
  pipelines: PipelineSource;
  runs: Runs;
  records: RunRecords;
  settings: RunSettings & {
    pollIntervalMs: number;
    /** How long after a request that got no answer Data Pipeline may still show what it did. */
    activationLookMs: number;
  };
}
