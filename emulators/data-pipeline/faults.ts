import { z } from 'zod';

/** What `POST /_faults` takes: the next `count` calls of the operation go wrong. */
export const faultSchema = z.strictObject({
  op: z.string(),
  /** The work is done and the connection cut; the call is refused with "Rate exceeded"; the answer comes late. */
  kind: z.enum(['lose-answer', 'throttle', 'slow']),
  count: z.int().positive().default(1),
  delayMs: z.int().positive().default(5_000),
});

export type Fault = z.infer<typeof faultSchema>;

/** Faults that were ordered and did not happen yet. */
export function createFaults() {
  let ordered: Fault[] = [];
  return {
    order: (fault: Fault): void => void ordered.push(fault),

    /** The fault that this call of `op` meets, which is then one fewer. */
    next(op: string): Fault | undefined {
      const fault = ordered.find((candidate) => candidate.op === op);
      if (fault === undefined) return undefined;
      fault.count -= 1;
      ordered = ordered.filter(({ count }) => count > 0);
      return fault;
    },
  };
}
