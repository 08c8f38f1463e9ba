import { z } from 'zod';
import { ServiceError } from '../aws-json.ts';

/*
 * The shapes of AWS Data Pipeline's API, version 2012-10-29: JSON 1.1, with the operation in `X-Amz-Target`.
 * https://docs.aws.amazon.com/datapipeline/latest/APIReference/Welcome.html
 */

export const fieldSchema = z.object({
  key: z.string().min(1),
  stringValue: z.string().optional(),
  refValue: z.string().optional(),
});
export const pipelineObjectSchema = z.object({
  id: z.string(),
  name: z.string(),
  fields: z.array(fieldSchema),
});
export const parameterObjectSchema = z.object({
  id: z.string(),
  attributes: z.array(z.object({ key: z.string(), stringValue: z.string() })),
});
export const parameterValueSchema = z.object({ id: z.string(), stringValue: z.string() });

export type Field = z.infer<typeof fieldSchema>;
export type PipelineObject = z.infer<typeof pipelineObjectSchema>;
export type ParameterObject = z.infer<typeof parameterObjectSchema>;
export type ParameterValue = z.infer<typeof parameterValueSchema>;

export const invalidRequest = (message: string) => new ServiceError('InvalidRequestException', message);

/** Times on the wire: UTC in whole seconds, without a zone. */
export const timestamp = (date: Date): string => date.toISOString().slice(0, 19);

/** What a secret (a field or parameter whose name starts with `*`) looks like to a reader. */
const MASK = '*****';

export const masked = <T extends { stringValue?: string | undefined }>(name: string, entry: T): T =>
  name.startsWith('*') && entry.stringValue !== undefined ? { ...entry, stringValue: MASK } : entry;

/** Parameters as a reader may see them. */
export const withMasks = (parameters: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...parameters].map(([id, stringValue]) => [id, masked(id, { stringValue }).stringValue]));
