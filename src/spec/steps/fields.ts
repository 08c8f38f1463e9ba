import { z } from 'zod';
import { connectionName, filled, matching } from '../fields.ts';

/* The fields that several kinds of step have. */

export const path = () => filled().meta({ description: 'An s3:// URL or a local path; ${…} is CEL.' });

export const fileSet = () =>
  z
    .strictObject({ path: path(), format: z.enum(['parquet', 'csv', 'json']) })
    .meta({ description: 'Files of one format: a folder (ending in /), a file or a glob.' });

export const fileSetTemplate = () =>
  z.union([filled(), fileSet()]).meta({
    description: 'Files, or those of an earlier step: "${steps.x.output}".',
    examples: ['{ path: s3://bucket/folder/, format: parquet }'],
  });

export const query = () =>
  z.union([filled(), z.strictObject({ file: filled() })]).meta({
    description:
      'SQL, or { file: … } beside the pipeline file. ${…} is a value there, never text: no quotes around it.',
    examples: ['select 1'],
  });

/** A text that is taken as it stands, such as a script. */
export const text = () => z.union([filled(), z.strictObject({ file: filled() })]);

/** A file or folder that the engine reads by itself. */
export const url = () => filled();

export const script = () =>
  url().meta({
    description: 'A file with statements that the engine reads by itself; ${…} is CEL.',
    examples: ['s3://code/job.sql'],
  });

/** The output of statements that write it by themselves: it is measured when they have ended. */
export const outputOfRows = () =>
  fileSet().meta({ description: 'Where the statements write: read afterwards for rows, files and bytes.' });

export const engine = () =>
  connectionName().optional().meta({ description: 'An engine of millrace.yaml; else defaults.engine.' });

export const warehouse = () =>
  connectionName().optional().meta({ description: 'A warehouse of millrace.yaml; else defaults.warehouse.' });

export const column = () =>
  matching('bad-name', /^[A-Za-z_]\w*$/, 'a column has letters, digits and _, no digit first');

export const table = () =>
  matching(
    'bad-name',
    /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$|\$\{/,
    'a table is like public.orders, of letters, digits and _',
  );
