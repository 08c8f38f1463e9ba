import type { YAMLError } from 'yaml';
import type { Problem } from './problem.ts';
import { YamlSource } from './yaml-source.ts';

/** What YAML takes a text for that lacks its quotes. */
const UNQUOTED: Record<string, string> = {
  TAG_RESOLVE_FAILED: 'YAML takes a text that begins with ! for a tag',
  BLOCK_AS_IMPLICIT_KEY: 'YAML takes a colon with a space after it for a field',
  BAD_SCALAR_START: 'a text without quotes can’t begin like that',
  BAD_ALIAS: 'YAML takes a text that begins with * for an alias',
  UNEXPECTED_TOKEN: 'the text goes on after its end',
};

const OTHER: Record<string, [message: string, fix: string]> = {
  DUPLICATE_KEY: ['the field stands there twice', 'leave one of them out'],
  TAB_AS_INDENT: ['YAML is not indented by tabs', 'indent by spaces'],
  MULTIPLE_DOCS: ['the file holds more than one document', 'leave out what follows the line ---'],
};

/** Faults that leave the rest of the file readable. */
const LOCAL: readonly string[] = ['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_SCALAR_START'];

interface Repair {
  start: number;
  end: number;
  /** The same text in quotes. */
  quoted: string;
  field: string;
}

/** How quotes around the value of a line's one field would mend a fault. */
function repairOf({ code, pos }: YAMLError, text: string): Repair | undefined {
  const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
  const [line = ''] = text.slice(lineStart).split('\n');
  const [, before = '', field = '', value = ''] = /^(\s*(?:- )?([\w-]+):\s+)(\S.*?)\s*$/.exec(line) ?? [];
  if (UNQUOTED[code] === undefined || value === '' || /^[{[|>]/.test(value)) return undefined;
  const start = lineStart + before.length;
  return { start, end: start + value.length, quoted: `'${value.replaceAll("'", "''")}'`, field };
}

function describe(error: YAMLError, text: string): Pick<Problem, 'code' | 'message' | 'fix'> {
  const code = error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'yaml-syntax';
  const [message, fix] = OTHER[error.code] ?? [];
  if (message !== undefined && fix !== undefined) return { code, message, fix };
  const repair = repairOf(error, text);
  if (repair) {
    const what = UNQUOTED[error.code] ?? error.message;
    return { code, message: what, fix: `put the text in quotes: ${repair.field}: ${repair.quoted}` };
  }
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const isTemplate = text.slice(lineStart, error.pos[0] + 1).includes('${');
  return {
    code,
    message: `this is no YAML: ${error.message}`,
    fix: isTemplate ? 'put the text with ${…} in quotes' : 'mend the syntax; quotes around a text often do',
  };
}

export interface CheckedYaml {
  /** As if texts had the quotes that they lack; lines and columns of all other lines are those of the file. */
  source: YamlSource;
  problems: Problem[];
  /** Whether more can be said of the file than what is wrong with its syntax. */
  isReadable: boolean;
}

/**
 * Reads a text as YAML. A text that lacks its quotes is told, and then read as if it had them, so that what is wrong
 * elsewhere is told as well.
 */
export function checkYaml(file: string, text: string): CheckedYaml {
  const source = new YamlSource(file, text);
  const { errors: faults, warnings } = source.document;
  // An unknown tag is only a warning to the library, which drops it: here it is a negation that was meant.
  const errors: YAMLError[] = [...faults, ...warnings].toSorted((left, right) => left.pos[0] - right.pos[0]);
  const tell = (error: YAMLError): Problem => ({ ...source.placeAt(error.pos[0]), ...describe(error, text) });

  const [first] = errors;
  const repair = first && repairOf(first, text);
  if (first && repair) {
    const rest = checkYaml(file, text.slice(0, repair.start) + repair.quoted + text.slice(repair.end));
    const { line } = source.placeAt(repair.start);
    return { ...rest, problems: [tell(first), ...rest.problems.filter((problem) => problem.line !== line)] };
  }
  // What follows the first fault that is not local is mostly its consequence.
  const fatal = errors.findIndex(({ code }) => !LOCAL.includes(code));
  const told = fatal < 0 ? errors : errors.slice(0, fatal + 1);
  return { source, problems: told.map(tell), isReadable: fatal < 0 };
}
