import { z } from 'zod';

/** What `POST /_faults` takes: the next `count` calls of the operation go wrong. */
export const faultSchema = z.strictObject({
  op: z.string(),
  /** Done and the connection cut; done and a 500; not done and a 500; "Rate exceeded"; the answer comes late. */
  kind: z.enum(['lose-answer', 'fail-after', 'fail', 'throttle', 'slow']),
  count: z.int().positive().default(1),
  delayMs: z.int().positive().default(5_000),
});

export type Fault = z.infer<typeof faultSchema>;

/** Faults that were ordered and did not happen yet. */
export class Faults {
  #ordered: Fault[] = [];

  order(fault: Fault): void {
    this.#ordered.push(fault);
  }

  /** The fault that this call of `op` meets, which is then one fewer. */
  next(op: string): Fault | undefined {
    const fault = this.#ordered.find((candidate) => candidate.op === op);
    if (fault) fault.count -= 1;
    this.#ordered = this.#ordered.filter(({ count }) => count > 0);
    return fault;
  }
}
