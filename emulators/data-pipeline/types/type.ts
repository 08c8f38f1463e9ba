/** A pipeline object during a run: its fields with their expressions evaluated, and the objects it refers to. */
export interface BoundObject {
  id: string;
  type: string;
  text(key: string): string | undefined;
  texts(key: string): string[];
  object(key: string): BoundObject | undefined;
}

/** A database by its JDBC URL. */
export interface Connection {
  jdbc: string;
  user: string;
  password: string;
}

export interface Work {
  object: BoundObject;
  /** Where a `RedshiftDatabase` with a `clusterId` leads to. */
  warehouse: Connection | undefined;
  /** Aborted when the object is cancelled. */
  signal: AbortSignal;
}

export type Role = 'activity' | 'resource' | 'database';

/** What the stand-in knows of a type of pipeline object. */
export interface ObjectType {
  /** What other objects use it for. A resource gets an instance, which ends when the activities on it have. */
  role: Role;
  required: readonly string[];
  /** Of each group at least one field must be there. */
  oneOf: readonly (readonly string[])[];
  optional: readonly string[];
  /** Fields that refer to another object, and what that has to be. */
  refs: Readonly<Record<string, Role>>;
  /**
   * Does the work once. Rejects with the reason where it fails, and settles only when nothing of it runs any more,
   * after an abort too. A type without it is only referred to.
   */
  run?(work: Work): Promise<void>;
}
