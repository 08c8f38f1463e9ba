import { join } from 'node:path';
import type { JobEngine, ObjectStore } from '../ports.ts';
import type { EngineConfig } from '../spec/load-config.ts';
import { createDuckdbEngine, type DuckdbOptions } from './duckdb/engine.ts';

/** What engines need beside their own part of the configuration. */
export interface EngineSurroundings {
  /** Absolute; an engine that keeps state on this machine has a folder of its name below it. */
  folder: string;
  store: ObjectStore;
  httpfs: string | null;
  s3: NonNullable<DuckdbOptions['s3']>;
}

/** The engines by type: to add one is to add a line here, and its part of the configuration's schema. */
const TYPES = {
  duckdb: (name: string, config: EngineConfig, { folder, store, httpfs, s3 }: EngineSurroundings) =>
    createDuckdbEngine({
      name,
      folder: config.folder ?? join(folder, name),
      memory: config.memory,
      threads: config.threads,
      maxJobs: config.maxJobs,
      ...(config.maxTempSize !== undefined && { maxTempSize: config.maxTempSize }),
      ...(httpfs !== null && { httpfs }),
      s3,
      store,
    }),
} satisfies Record<
  EngineConfig['type'],
  (name: string, config: EngineConfig, around: EngineSurroundings) => JobEngine
>;

export const createEngine = (name: string, config: EngineConfig, around: EngineSurroundings): JobEngine =>
  TYPES[config.type](name, config, around);
