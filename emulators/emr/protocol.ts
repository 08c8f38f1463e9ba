import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import { ServiceError } from '../aws-json.ts';

export type Operation = (input: unknown) => object | Promise<object>;

/** Binds an operation to the shape of its input; anything else is a ValidationException, as at AWS. */
export const operation =
  <Shape extends z.ZodType>(
    shape: Shape,
    run: (input: z.infer<Shape>) => object | Promise<object>,
  ): Operation =>
  (input) => {
    const parsed = shape.safeParse(input);
    if (parsed.success) return run(parsed.data);
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`;
    throw new ServiceError('ValidationException', `${count}: ${problems.join('; ')}`);
  };

/** Times on the wire: seconds since 1970, with a fraction. */
export const seconds = (date: Date): number => date.getTime() / 1000;

/** Leaves out what is undefined. */
export const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `length` letters and digits, as in AWS's IDs. */
export const randomId = (length: number): string =>
  Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');

/** One page of a list, and the marker of the next. The marker names the last item, so that new ones shift nothing. */
export function page<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  marker: string | undefined,
  size: number,
): { items: T[]; next?: string } {
  const after = marker === undefined ? '' : Buffer.from(marker, 'base64url').toString();
  const start = after === '' ? 0 : items.findIndex((item) => idOf(item) === after) + 1;
  const some = items.slice(start, start + size);
  const last = some.at(-1);
  if (last === undefined || start + size >= items.length) return { items: some };
  return { items: some, next: Buffer.from(idOf(last)).toString('base64url') };
}
