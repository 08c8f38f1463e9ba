import type { Json } from './definition.ts';

export type JsonMap = { [key: string]: Json };

export const isMap = (value: Json): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names what a value is, for messages: `text`, `a list`, `null`. */
export function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return { string: 'text', number: 'a number', boolean: 'true or false' }[typeof value as 'string'];
}

/** Whether two values are the same, lists and maps by what is in them. Values of different types differ. */
export function isEqual(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null));
  if (!isMap(left) || !isMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key] ?? null, right[key] ?? null))
  );
}

/** A field or an item; null where there is none, at any depth. */
export function select(value: Json, key: string): Json {
  return isMap(value) && Object.hasOwn(value, key) ? (value[key] ?? null) : null;
}
