import { z } from 'zod';
import { invalid, notFound } from './error.ts';

/** What a database is called by. Only those that speak PostgreSQL's protocol can be exported to here. */
const wanted = z.looseObject({
  db_name: z.string().min(1),
  db_host: z.string().min(1),
  db_user: z.string(),
  db_passwd: z.string(),
  db_type: z.enum(['postgresql', 'redshift'], 'this stand-in exports to postgresql and redshift').nullish(),
  db_location: z.string().nullish(),
  port: z.union([z.string(), z.number()]).nullish(),
});

export interface DbTap {
  id: number;
  name: string;
  host: string;
  port: number;
  user: string;
  password: string;
  type: 'postgresql' | 'redshift';
}

const PORTS = { postgresql: 5432, redshift: 5439 } as const;

/** The databases that the account knows, as long as the process lives. */
export class DbTaps {
  readonly #byId = new Map<number, DbTap>();
  #lastId = 0;

  create(body: unknown): DbTap {
    const read = wanted.safeParse(body);
    if (!read.success) {
      const [issue] = read.error.issues;
      throw invalid(`${issue?.path.join('.') || 'db_tap'}: ${issue?.message}`);
    }
    const { db_name: name, db_host: host, db_user: user, db_passwd: password, port } = read.data;
    const type = read.data.db_type ?? 'postgresql';
    const tap = {
      id: (this.#lastId += 1),
      name,
      host,
      port: Number(port ?? PORTS[type]),
      user,
      password,
      type,
    };
    this.#byId.set(tap.id, tap);
    return tap;
  }

  get(id: string): DbTap {
    const tap = this.#byId.get(Number(id));
    if (!tap) throw notFound('DbTap', id);
    return tap;
  }

  list(): DbTap[] {
    return [...this.#byId.values()];
  }

  delete(id: string): void {
    this.#byId.delete(this.get(id).id);
  }
}

/** As QDS shows it, without the password. */
export const dbTapJson = ({ id, name, host, port, user, type }: DbTap): object => ({
  id,
  active: true,
  db_name: name,
  db_host: host,
  port,
  db_user: user,
  db_type: type,
  db_location: 'on-premise',
});
