import type { RunSettings } from '../src/domain/plan.ts';
import type {
  DataPipelines,
  FileContents,
  FileFormat,
  FileSet,
  JobEngine,
  Measure,
  Notifier,
  ObjectStore,
  PipelineSource,
  Rendezvous,
  RunRecords,
  Runs,
  StoredFile,
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
  /** Rows and columns of files, as far as they can be known without reading them through; some may lack the last columns. */
  contents(files: readonly StoredFile[], format: FileFormat, mayBeShort: boolean): Promise<FileContents>;
  pipelines: PipelineSource;
  runs: Runs;
  rendezvous: Rendezvous;
  records: RunRecords;
  /** Where state is kept beside Temporal's: `s3://bucket/prefix`, or an absolute folder. */
  stateFolder: string;
  settings: RunSettings & {
    pollIntervalMs: number;
    /** How long after a request that got no answer Data Pipeline may still show what it did. */
    activationLookMs: number;
  };
}
