import { z } from 'zod';

/** What `POST /_faults` takes: the next `count` requests of that method whose path has that text in it go wrong. */
export const faultSchema = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT']).optional(),
  path: z.string().default(''),
  /** The work is done and the connection cut; the same with a 500; refused with 429; the answer comes late. */
  kind: z.enum(['lose-answer', 'fail-after', 'throttle', 'slow']),
  count: z.int().positive().default(1),
  delayMs: z.int().positive().default(5_000),
  /** For `throttle`. */
  retryAfterSeconds: z.int().positive().optional(),
});

export type Fault = z.infer<typeof faultSchema>;

/** Faults that were ordered and did not happen yet. */
export class Faults {
  #ordered: Fault[] = [];

  order(fault: Fault): void {
    this.#ordered.push(fault);
  }

  /** The fault that this request meets, which is then one fewer. */
  next(method: string, path: string): Fault | undefined {
    const fault = this.#ordered.find(
      (candidate) => (candidate.method ?? method) === method && path.includes(candidate.path),
    );
    if (fault === undefined) return undefined;
    fault.count -= 1;
    this.#ordered = this.#ordered.filter(({ count }) => count > 0);
    return fault;
  }
}
