import { parseDuration } from '../domain/duration.ts';
import type { Definition, StepArgs, StepDefinition, StepKind } from '../domain/definition.ts';
import { eventSource } from './events.ts';
import type { PipelineFile, RetryFile, StepFile } from './pipeline-schema.ts';
import { paramDefinitions } from './params.ts';
import type { StepList } from './raw-pipeline.ts';
import { scheduleOf } from './schedule.ts';
import { KIND_SPECS, KINDS } from './steps/index.ts';
import type { Build, KindSpec } from './steps/kind.ts';

/** What the definition needs of the world around the file's value. */
export interface Around {
  file: string;
  /** What query files hold, by their names as written. */
  texts: ReadonlyMap<string, string>;
  /** Where a step's `when` stands, as `FILE:LINE`. */
  whenAt(list: StepList, index: number): string;
}

const DEFAULT_DELAY_MS = 60_000;
const DEFAULT_CONCURRENCY = 4;
/** No cancellation reaches the steps of `finally`, so each has an end of its own. */
const FINALLY_TIMEOUT_MS = 3_600_000;

const bounded = (step: StepDefinition): StepDefinition => ({ timeoutMs: FINALLY_TIMEOUT_MS, ...step });

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
    const { name, params, schedule, timeout, after } = this.#file;
    const { covers = 'day', timezone = 'UTC' } = schedule ?? {};
    return {
      name,
      file: this.#around.file,
      ...(schedule && { schedule: scheduleOf(schedule) }),
      ...(this.#file.events && { events: this.#file.events.map(eventSource) }),
      covers,
      timezone,
      params: paramDefinitions(params),
      ...(after && { after: [...new Set(after)] }),
      ...(timeout !== undefined && { timeoutMs: parseDuration(timeout) }),
      steps: this.#steps('steps'),
      ...(this.#file.finally && { finally: this.#steps('finally').map(bounded) }),
      ...(this.#file.onSuccess && { onSuccess: this.#steps('onSuccess') }),
      onFailure: this.#steps('onFailure'),
    };
  }

  #steps(list: StepList): StepDefinition[] {
    const steps = this.#file[list] ?? [];
    return steps.map((step, index) => this.#step(step, this.#around.whenAt(list, index)));
  }

  #step(step: StepFile, whenAt: string): StepDefinition {
    const kind = KINDS.find((name) => step[name] !== undefined);
    if (!kind) throw new Error(`step ${step.id} has no kind`);
    const { id, needs, when, timeout, forEach, allowFailure = false, onLost = 'ask' } = step;
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
      ...(forEach && { forEach: { list: forEach, concurrency: step.concurrency ?? DEFAULT_CONCURRENCY } }),
    } as StepDefinition;
  }

  #args(kind: StepKind, step: StepFile): StepArgs[StepKind] {
    const { build } = KIND_SPECS[kind] as unknown as KindSpec;
    return build(step[kind] ?? {}, this.#build);
  }

  readonly #build: Build = {
    connection: (field, own) => this.#connection(field, own),
    text: (query) => this.#text(query),
  };

  #connection(field: 'engine' | 'warehouse', own: string | undefined): string {
    const name = own ?? this.#file.defaults?.[field];
    if (name === undefined) throw new Error(`a step has no ${field}`);
    return name;
  }

  #text(query: string | { file: string }): string {
    const text = typeof query === 'string' ? query : this.#around.texts.get(query.file);
    if (text === undefined) throw new Error(`the text of ${JSON.stringify(query)} is not there`);
    return text;
  }
}

/** The definition that a checked pipeline file stands for: defaults applied, texts read, durations in milliseconds. */
export const buildDefinition = (file: PipelineFile, around: Around): Definition =>
  new Builder(file, around).definition();
