import { z } from 'zod';
import { filled } from '../fields.ts';
import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import type { KindCheck } from './kind.ts';

/* What the steps that have to do with an AWS Data Pipeline share. */

export const identity = () => ({
  name: filled().optional().meta({ description: 'The name of the Data Pipeline.' }),
  id: filled()
    .optional()
    .meta({ description: 'Or its ID.', examples: ['df-0123456789'] }),
});

export const params = (description: string) =>
  z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .meta({ description });

/** A moment, or a template that gives one. */
export const instant = (description: string, example: string) =>
  filled()
    .optional()
    .meta({ description, examples: [example] });

interface Named {
  name?: string | undefined;
  id?: string | undefined;
  params?: Record<string, string | number | boolean> | undefined;
}

export const buildNamed = ({ name, id, params: values = {} }: Named) => ({
  ...(name !== undefined && { name }),
  ...(id !== undefined && { id }),
  params: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)])),
});

/** Checks that a pipeline is named in one way. */
export const checkIdentity =
  (kind: 'activateDataPipeline' | 'awaitDataPipeline') =>
  ({ source, step: { path, fields } }: KindCheck): Problem[] => {
    const args = fields[kind];
    if (!isRawMap(args)) return [];
    const at = [...path, kind];
    const count = ['name', 'id'].filter((name) => args[name] !== undefined).length;
    if (count === 1) return [];
    if (count === 0) {
      const message = 'it is not said which Data Pipeline is meant';
      return [{ ...source.place(at), code: 'missing-field', message, fix: 'add its name, or its id' }];
    }
    const message = 'a Data Pipeline is named by name or by id, not by both';
    const fix = 'leave one of them out';
    return [{ ...source.placeOfKey([...at, 'id']), code: 'conflicting-fields', message, fix }];
  };
