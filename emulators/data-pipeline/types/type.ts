import type { Component } from '../definition.ts';
import type { Services } from '../services/services.ts';

/** A pipeline object during a run: its fields with their expressions evaluated, and the objects it refers to. */
export interface BoundObject {
  id: string;
  type: string;
  text(key: string): string | undefined;
  texts(key: string): string[];
  object(key: string): BoundObject | undefined;
  objects(key: string): BoundObject[];
}

export interface Work {
  object: BoundObject;
  services: Services;
  /** Aborted when the object is cancelled, or its attempt has had its time. */
  signal: AbortSignal;
}

/** What an attempt of an activity has beside that. */
export interface ActivityWork extends Work {
  /** Of this attempt alone; it goes when the attempt has ended. */
  folder: string;
  out(text: string): void;
  err(text: string): void;
}

/** What a precondition or an action has beside that: the object that refers to it. */
export interface ReferredWork extends Work {
  node: BoundObject;
}

export type Role =
  'activity' | 'resource' | 'database' | 'data' | 'format' | 'precondition' | 'action' | 'schedule';

/** What the stand-in knows of a type of pipeline object. */
export interface ObjectType {
  /**
   * What other objects use it for. Activities, their resources and their data get instances; the rest is only
   * referred to.
   */
  role: Role;
  required: readonly string[];
  /** Of each group at least one field must be there. */
  oneOf: readonly (readonly string[])[];
  optional: readonly string[];
  /** Fields that refer to other objects, and what those have to be. */
  refs: Readonly<Record<string, Role>>;
  /** The field of an attempt that says where its log is. */
  logField?: 'emrStepLog' | 'hadoopJobLog';
  /** What else is wrong with a definition. */
  errors?(component: Component): string[];
  /**
   * An activity does its work once. Rejects with the reason where it fails, and settles only when nothing of it runs
   * any more, after an abort too.
   */
  run?(work: ActivityWork): Promise<void>;
  /** Whether a precondition is met now. */
  isMet?(work: ReferredWork): Promise<boolean>;
  /** An action; `terminate` cancels the object that refers to it. */
  act?(work: ReferredWork & { terminate(): void }): Promise<void>;
}
