import type { Json } from '../domain/definition.ts';
import { PARAM_TYPES, readParam, typeOf, type ParamDefinitions, type ParamType } from '../domain/params.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Problem } from './problem.ts';
import { isRawMap, type RawMap } from './raw-map.ts';
import type { YamlSource } from './yaml-source.ts';

const FIELDS = ['type', 'default', 'required', 'description'];

/** Whether a param is declared, as `{ type: … }`, and isn't just a default that is a map. */
const isDeclaration = (value: unknown): value is RawMap =>
  isRawMap(value) &&
  (typeof value['type'] === 'string' ||
    (Object.keys(value).length > 0 && Object.keys(value).every((field) => FIELDS.includes(field))));

const isType = (type: unknown): type is ParamType => (PARAM_TYPES as readonly unknown[]).includes(type);

/** The params that a file declares; one that is declared wrongly may be anything. */
export const paramDefinitions = (params: unknown): ParamDefinitions =>
  Object.fromEntries(
    Object.entries(isRawMap(params) ? (params as Record<string, Json>) : {}).map(([name, value]) => {
      if (!isDeclaration(value)) return [name, { type: typeOf(value), default: value, required: false }];
      const type = isType(value['type']) ? value['type'] : 'any';
      const given = value['default'] ?? null;
      const read = given === null ? { value: null } : readParam(name, type, given);
      return [
        name,
        { type, default: 'value' in read ? read.value : null, required: value['required'] === true },
      ];
    }),
  );

/** What is wrong with the declarations of params. */
export function checkParams(source: YamlSource, root: RawMap): Problem[] {
  const params = isRawMap(root['params']) ? root['params'] : {};
  return Object.entries(params).flatMap(([name, value]) =>
    isDeclaration(value) ? checkDeclaration(source, name, value) : [],
  );
}

function checkDeclaration(source: YamlSource, name: string, declaration: RawMap): Problem[] {
  const path = ['params', name];
  const { type, default: given, required } = declaration;
  const problems: Problem[] = Object.keys(declaration)
    .filter((field) => !FIELDS.includes(field))
    .map((field) => ({
      ...source.placeOfKey([...path, field]),
      code: 'unknown-field',
      message: `there is no field ${field} here`,
      fix: `${didYouMean(field, FIELDS)}; a default that is such a map is written { type: map, default: … }`,
    }));
  const types = PARAM_TYPES.join(', ');
  if (type === undefined) {
    const message = `${name} has no type`;
    problems.push({
      ...source.place(path),
      code: 'missing-field',
      message,
      fix: `add type: one of ${types}`,
    });
  } else if (!isType(type)) {
    const message = `${name} can't be of the type ${JSON.stringify(type)}`;
    problems.push({
      ...source.place([...path, 'type']),
      code: 'wrong-type',
      message,
      fix: `write one of ${types}`,
    });
  } else if (given !== undefined && given !== null) {
    const read = readParam(name, type, given as Json);
    if ('fix' in read) {
      const { message, fix } = read;
      problems.push({ ...source.place([...path, 'default']), code: 'wrong-type', message, fix });
    }
  }
  if (required !== undefined && typeof required !== 'boolean') {
    const place = source.place([...path, 'required']);
    problems.push({
      ...place,
      code: 'wrong-type',
      message: 'required is true or false',
      fix: 'write required: true',
    });
  }
  if (required === true && given !== undefined) {
    const message = `${name} is required, so its default is never used`;
    const place = source.placeOfKey([...path, 'default']);
    problems.push({ ...place, code: 'conflicting-fields', message, fix: 'leave one of them out' });
  }
  return problems;
}
