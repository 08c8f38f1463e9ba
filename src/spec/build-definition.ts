import { parseDuration } from '../domain/duration.ts';
import type {
  Definition,
  ScheduleDefinition,
  StepArgs,
  StepDefinition,
  StepKind,
} from '../domain/definition.ts';
import { KINDS, type PipelineFile, type RetryFile, type StepFile } from './pipeline-schema.ts';

/** What the definition needs of the world around the file's value. */
export interface Around {
  file: string;
  /** What query files hold, by their names as written. */
  texts: ReadonlyMap<string, string>;
  /** Where a step's `when` stands, as `FILE:LINE`. */
  whenAt(list: 'steps' | 'onFailure', index: number): string;
}

type Args<K extends StepKind> = NonNullable<StepFile[K]>;

const DEFAULT_DELAY_MS = 60_000;

const retryOf = (own: RetryFile | undefined, defaults: RetryFile | undefined): StepDefinition['retry'] => {
  const delay = own?.delay ?? defaults?.delay;
  return {
    attempts: own?.attempts ?? defaults?.attempts ?? 1,
    delayMs: delay === undefined ? DEFAULT_DELAY_MS : parseDuration(delay),
  };
};

/** Makes the definition of a file that has no problems: a name that is missing here is a fault of the checks. */
class Builder {
  readonly #file: PipelineFile;
  readonly #around: Around;

  constructor(file: PipelineFile, around: Around) {
    this.#file = file;
    this.#around = around;
  }

  definition(): Definition {
    const { name, params = {}, steps, onFailure = [], schedule } = this.#file;
    const { covers = 'day', timezone = 'UTC' } = schedule ?? {};
    return {
      name,
      file: this.#around.file,
      ...(schedule && { schedule: scheduleOf(schedule) }),
      covers,
      timezone,
      params,
      steps: steps.map((step, index) => this.#step(step, this.#around.whenAt('steps', index))),
      onFailure: onFailure.map((step, index) => this.#step(step, this.#around.whenAt('onFailure', index))),
    };
  }

  #step(step: StepFile, whenAt: string): StepDefinition {
    const kind = KINDS.find((name) => step[name] !== undefined);
    if (!kind) throw new Error(`step ${step.id} has no kind`);
    const { id, needs, when, timeout, allowFailure = false, onLost = 'ask' } = step;
    return {
      id,
      kind,
      args: this.#args(kind, step),
      ...(needs && { needs }),
      ...(when !== undefined && { when, whenAt }),
      ...(timeout !== undefined && { timeoutMs: parseDuration(timeout) }),
      retry: retryOf(step.retry, this.#file.defaults?.retry),
      allowFailure,
      onLost,
    } as StepDefinition;
  }

  #args(kind: StepKind, step: StepFile): StepArgs[StepKind] {
    const build = this.#kinds[kind] as (args: object) => StepArgs[StepKind];
    return build(step[kind] ?? {});
  }

  readonly #kinds: { [K in StepKind]: (args: Args<K>) => StepArgs[K] } = {
    ensureCluster: ({ engine, release = 'keep' }) => ({
      engine: this.#connection('engine', engine),
      release,
    }),
    sql: ({ engine, inputs = {}, query, output }) => ({
      engine: this.#connection('engine', engine),
      inputs: inputs,
      query: this.#query(query),
      output,
    }),
    redshiftCopy: ({ warehouse, from, table, mode, uniqueKey, where }) => ({
      warehouse: this.#connection('warehouse', warehouse),
      from,
      table,
      mode,
      ...(uniqueKey && { uniqueKey }),
      ...(where !== undefined && { where }),
    }),
    redshiftSql: ({ warehouse, query }) => ({
      warehouse: this.#connection('warehouse', warehouse),
      query: this.#query(query),
    }),
    check: ({ warehouse, query, expect }) => ({
      warehouse: this.#connection('warehouse', warehouse),
      query: this.#query(query),
      expect,
    }),
    activateDataPipeline: ({ name, id, params = {} }) => ({
      ...(name !== undefined && { name }),
      ...(id !== undefined && { id }),
      params: Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])),
    }),
    waitForData: ({ path, marker, count = 1 }) => ({ path, ...(marker !== undefined && { marker }), count }),
    putObject: ({ path, content }) => ({ path, content }),
    notify: ({ webhook, message }) => ({ webhook, message }),
  };

  #connection(field: 'engine' | 'warehouse', own: string | undefined): string {
    const name = own ?? this.#file.defaults?.[field];
    if (name === undefined) throw new Error(`a step has no ${field}`);
    return name;
  }

  #query(query: string | { file: string }): string {
    const text = typeof query === 'string' ? query : this.#around.texts.get(query.file);
    if (text === undefined) throw new Error(`the text of ${JSON.stringify(query)} is not there`);
    return text;
  }
}

function scheduleOf({
  cron,
  covers = 'day',
  timezone = 'UTC',
  catchupWindow,
}: NonNullable<PipelineFile['schedule']>) {
  const schedule: ScheduleDefinition = { cron, covers, timezone };
  if (catchupWindow !== undefined) schedule.catchupWindowMs = parseDuration(catchupWindow);
  return schedule;
}

/** The definition that a checked pipeline file stands for: defaults applied, texts read, durations in milliseconds. */
export const buildDefinition = (file: PipelineFile, around: Around): Definition =>
  new Builder(file, around).definition();
