import type { ObjectType } from './type.ts';

const format = (required: string[] = []): ObjectType => ({
  role: 'format',
  required,
  oneOf: [],
  optional: ['column', 'columnSeparator', 'escapeChar', 'recordSeparator'],
  refs: {},
});

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-dataformats.html */
export const csv = format();
export const tsv = format();
export const custom = format(['columnSeparator']);
