import { copyOptionFault } from '../../domain/copy-options.ts';
import type { FileFormat } from '../../ports.ts';
import { whatAndFix, type Problem } from '../problem.ts';
import { isRawMap, type RawMap } from '../raw-map.ts';
import type { KindCheck } from './kind.ts';

const FORMATS: readonly unknown[] = ['parquet', 'orc', 'csv', 'json'] satisfies FileFormat[];

/** What is wrong with a redshiftCopy beyond its form. */
export function checkCopy(check: KindCheck): Problem[] {
  const copy = check.step.fields['redshiftCopy'];
  if (!isRawMap(copy)) return [];
  const files = filesOf(check, copy);
  const format = FORMATS.includes(files?.fields['format'])
    ? (files?.fields['format'] as FileFormat)
    : undefined;
  return [
    ...checkMode(check, copy),
    ...checkPlace(check, files),
    ...checkFormat(check, copy, format),
    ...checkMapping(check, copy),
    ...checkOptions(check, copy, format),
  ];
}

const at = ({ step: { path } }: KindCheck, ...inner: string[]) => [...path, 'redshiftCopy', ...inner];

/** Which fields belong to which mode, with an example. */
const OF_MODE: Readonly<Record<string, { modes: readonly string[]; like: string; needed: boolean }>> = {
  where: { modes: ['replaceWhere'], like: 'day = ${interval.date}', needed: true },
  uniqueKey: { modes: ['upsert'], like: '[day, origin]', needed: false },
  orderBy: { modes: ['upsert'], like: 'updated_at', needed: false },
};

function checkMode(check: KindCheck, copy: RawMap): Problem[] {
  const { source } = check;
  const mode = copy['mode'];
  if (typeof mode !== 'string' || !['append', 'upsert', 'replace', 'replaceWhere'].includes(mode)) return [];
  return Object.entries(OF_MODE).flatMap(([name, { modes, like, needed }]): Problem[] => {
    if (modes.includes(mode)) {
      if (!needed || copy[name] !== undefined) return [];
      const fix = `add ${name}, like ${name}: ${like}`;
      return [{ ...source.place(at(check)), code: 'missing-field', message: `${mode} needs ${name}`, fix }];
    }
    if (copy[name] === undefined) return [];
    const message = `${mode} has no use for ${name}`;
    const fix = 'leave it out, or take another mode';
    return [{ ...source.placeOfKey(at(check, name)), code: 'conflicting-fields', message, fix }];
  });
}

interface Files {
  fields: RawMap;
  /** Whose they are, in words. */
  whose: string;
}

/** The files, where they are named here or are the output of another step that names them. */
function filesOf({ steps }: KindCheck, copy: RawMap): Files | undefined {
  const from = copy['from'];
  if (isRawMap(from)) return { fields: from, whose: 'these files are' };
  const [, id] = /^\$\{\s*steps\.(\w+)\.output\s*\}$/.exec(typeof from === 'string' ? from : '') ?? [];
  if (id === undefined) return undefined;
  const other = steps.find((step) => step.id === id);
  for (const kind of other?.kinds ?? []) {
    const args = other?.fields[kind];
    if (!isRawMap(args)) continue;
    if (isRawMap(args['output'])) return { fields: args['output'], whose: `the output of ${id} is` };
  }
  return undefined;
}

function checkPlace(check: KindCheck, files: Files | undefined): Problem[] {
  const path = files?.fields['path'];
  if (typeof path !== 'string' || /^(s3:\/\/|\$\{)/.test(path)) return [];
  const message = `${files?.whose ?? ''} not in S3, and COPY reads nothing else`;
  const fix = 'write it to a path that begins with s3://';
  return [{ ...check.source.place(at(check, 'from')), code: 'wrong-type', message, fix }];
}

/** What COPY can do with some formats only. */
function checkFormat(check: KindCheck, copy: RawMap, format: FileFormat | undefined): Problem[] {
  if (format === undefined) return [];
  const columnar = format === 'parquet' || format === 'orc';
  const faults: [string, boolean, string, string][] = [
    [
      'maxErrors',
      columnar && copy['maxErrors'] !== 0,
      `COPY has no MAXERROR for ${format}`,
      'leave it out, or write csv or json',
    ],
    [
      'createTable',
      format !== 'parquet' && copy['createTable'] === true,
      `createTable takes the columns from Parquet files, and these are ${format}`,
      'create the table in a redshiftSql before',
    ],
    [
      'columns',
      format !== 'parquet' && isRawMap(copy['columns']),
      `a mapping needs files that name their columns, and these are ${format}`,
      'write a list, in the order of the files’',
    ],
  ];
  return faults.flatMap(([field, isWrong, message, fix]): Problem[] =>
    copy[field] === undefined || !isWrong
      ? []
      : [{ ...check.source.placeOfKey(at(check, field)), code: 'conflicting-fields', message, fix }],
  );
}

/** COPY loads a column of the files once. */
function checkMapping(check: KindCheck, copy: RawMap): Problem[] {
  const { columns } = copy;
  if (!isRawMap(columns)) return [];
  const targets = new Map<unknown, string>();
  return Object.entries(columns).flatMap(([target, source]): Problem[] => {
    const other = targets.get(source);
    targets.set(source, other ?? target);
    if (other === undefined || typeof source !== 'string') return [];
    const message = `columns takes ${source} for ${other} and for ${target}, and COPY loads a column once`;
    const fix = "write it twice in the job's SQL, under two names";
    const place = check.source.placeOfKey(at(check, 'columns', target));
    return [{ ...place, code: 'conflicting-fields', message, fix }];
  });
}

function checkOptions(check: KindCheck, copy: RawMap, format: FileFormat | undefined): Problem[] {
  const options = copy['options'];
  if (!isRawMap(options)) return [];
  return Object.entries(options).flatMap(([name, value]): Problem[] => {
    const fault = copyOptionFault(name, value, format);
    if (fault === undefined) return [];
    const place = check.source.placeOfKey(at(check, 'options', name));
    return [{ ...place, code: 'wrong-type', ...whatAndFix(fault, 'leave it out') }];
  });
}
