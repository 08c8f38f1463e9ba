import type { z } from 'zod';
import type { StepArgs, StepKind } from '../../domain/definition.ts';
import type { Problem } from '../problem.ts';
import type { RawStep } from '../raw-pipeline.ts';
import type { TextKind } from '../texts.ts';
import type { YamlSource } from '../yaml-source.ts';

/** What a step of the file may take from elsewhere when its arguments are made. */
export interface Build {
  /** The connection that the step names, or the default one. */
  connection(field: 'engine' | 'warehouse', own: string | undefined): string;
  /** The text of a query, or what the file that it names holds. */
  text(query: string | { file: string }): string;
}

/** A step whose form may be wrong, for checks that need more than its form. */
export interface KindCheck {
  source: YamlSource;
  step: RawStep;
  /** All steps of the file. */
  steps: readonly RawStep[];
}

/** The fields that name a connection. */
export const CONNECTION_FIELDS = ['engine', 'warehouse', 'webhook', 'topic'] as const;
export type ConnectionField = (typeof CONNECTION_FIELDS)[number];

/** All that the loader knows of one kind of step. */
export interface KindSpec<K extends StepKind = StepKind, S extends z.ZodObject = z.ZodObject> {
  schema: S;
  /** The connection that it uses, or those of which it uses one. */
  connection?: ConnectionField | readonly ConnectionField[];
  /** How the texts of a field are meant, where they are not templates; `field.*` is what stands inside of a field. */
  texts: Readonly<Record<string, TextKind | 'plain'>>;
  build(args: z.output<S>, build: Build): StepArgs[K];
  /** What is wrong with it beyond its form. */
  check?(check: KindCheck): Problem[];
}

/** Lets the compiler hold the parts of a kind against each other. */
export const kindSpec = <K extends StepKind, S extends z.ZodObject>(
  _kind: K,
  spec: KindSpec<K, S>,
): KindSpec<K, S> => spec;
