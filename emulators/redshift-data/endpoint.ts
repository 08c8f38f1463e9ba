import type pg from 'pg';
import { invalid } from './error.ts';

/** What says where to connect. */
interface Request {
  WorkgroupName?: string | undefined;
  ClusterIdentifier?: string | undefined;
  Database?: string | undefined;
  ConnectedDatabase?: string | undefined;
}

/** The one warehouse that there is. */
export class Endpoint {
  readonly #workgroup: string;
  readonly #defaultDatabase: string;
  readonly #userConnection: (database: string) => pg.ClientConfig;

  constructor(
    workgroup: string,
    defaultDatabase: string,
    userConnection: (database: string) => pg.ClientConfig,
  ) {
    this.#workgroup = workgroup;
    this.#defaultDatabase = defaultDatabase;
    this.#userConnection = userConnection;
  }

  /** Fails with a ValidationException unless the request names the warehouse. */
  check({ WorkgroupName, ClusterIdentifier }: Request): void {
    if (Boolean(WorkgroupName) === Boolean(ClusterIdentifier)) {
      throw invalid('Exactly one of WorkgroupName and ClusterIdentifier must be given.');
    }
    const name = (WorkgroupName ?? ClusterIdentifier)!.replace(/^arn:.*[:/]/, '');
    if (name !== this.#workgroup) {
      throw invalid(
        `Redshift endpoint doesn't exist in this region: the stand-in has only '${this.#workgroup}', not '${name}'.`,
      );
    }
  }

  database({ ConnectedDatabase, Database }: Request): string {
    return ConnectedDatabase ?? Database ?? this.#defaultDatabase;
  }

  connection(request: Request): pg.ClientConfig {
    this.check(request);
    return this.#userConnection(this.database(request));
  }
}
