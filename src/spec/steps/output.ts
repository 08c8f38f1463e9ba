import type { Problem } from '../problem.ts';
import { isRawMap } from '../raw-map.ts';
import type { KindCheck } from './kind.ts';

/** An engine writes many files, so that the output is a folder; a template at the end may bring the slash. */
export function checkOutput({ source, step: { path, fields, kinds } }: KindCheck): Problem[] {
  const [kind = ''] = kinds;
  const args = fields[kind];
  const output = isRawMap(args) && isRawMap(args['output']) ? args['output']['path'] : undefined;
  if (typeof output !== 'string' || /[/}]$/.test(output)) return [];
  const place = source.place([...path, kind, 'output', 'path']);
  const fix = `end it in a slash: ${output}/`;
  return [{ ...place, code: 'wrong-type', message: 'the output is a folder', fix }];
}
