import { z } from 'zod';
import { anyJson, connectionName, filled, matching } from '../fields.ts';

/* The fields that several kinds of step have. */

export const path = () => filled().meta({ description: 'An s3:// URL or a local path; ${…} is CEL.' });

const DATA_FORMATS = ['parquet', 'csv', 'json'] as const;
/** COPY reads one more; its rows can't be counted, so no engine's output is in it. */
const LOADED_FORMATS = [...DATA_FORMATS, 'orc'] as const;

const filesOf = <F extends readonly [string, ...string[]]>(formats: F) =>
  z
    .strictObject({ path: path(), format: z.enum(formats) })
    .meta({ description: 'Files of one format: a folder (ending in /), a file or a glob.' });

const templateOf = <F extends readonly [string, ...string[]]>(formats: F) =>
  z.union([filled(), filesOf(formats)]).meta({
    description: 'Files, or those of an earlier step: "${steps.x.output}".',
    examples: ['{ path: s3://bucket/folder/, format: parquet }'],
  });

export const fileSet = () => filesOf(DATA_FORMATS);

export const fileSetTemplate = () => templateOf(DATA_FORMATS);

export const loadedFiles = () => templateOf(LOADED_FORMATS);

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

export const columns = () => z.array(column()).min(1);

export const role = () =>
  filled().optional().meta({ description: 'A role in place of the warehouse’s, to reach S3 with.' });

export const parameters = () =>
  z
    .record(
      matching('bad-name', /^[A-Za-z_]\w*$/, 'a parameter has letters, digits and _, no digit first'),
      anyJson(),
    )
    .optional()
    .meta({
      description: 'Values for :name in the query; any text may be one.',
      examples: ['{ who: "${params.name}" }'],
    });
