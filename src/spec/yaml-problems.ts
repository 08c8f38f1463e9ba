import type { YAMLParseError } from 'yaml';
import type { Problem } from './problem.ts';
import type { YamlSource } from './yaml-source.ts';

/** Faults that leave the rest of the file readable, so that its other problems can be told as well. */
const LOCAL: readonly string[] = ['TAG_RESOLVE_FAILED', 'DUPLICATE_KEY', 'BLOCK_AS_IMPLICIT_KEY', 'BAD_SCALAR_START'];

const isLocal = ({ code, message }: YAMLParseError): boolean =>
  LOCAL.includes(code) || (code === 'UNEXPECTED_TOKEN' && message.includes('at node end'));

/** Quotes what stands from an offset to the end of the line, when it is the whole value of a field. */
function quoted(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  const [, name, value] = /^\s*(?:- )?([\w-]+):\s+(.*?)\s*$/.exec(line) ?? [];
  if (name === undefined || value === undefined || /^[{["']/.test(value)) return 'put the text in quotes';
  return `put the text in quotes: ${name}: '${value.replaceAll("'", "''")}'`;
}

function describe(error: YAMLParseError, text: string): Pick<Problem, 'code' | 'message' | 'fix'> {
  const [offset] = error.pos;
  const fix = quoted(text, offset);
  const syntax = (message: string, mend: string) => ({ code: 'yaml-syntax' as const, message, fix: mend });
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { code: 'duplicate-key', message: 'the field stands there twice', fix: 'leave one of them out' };
    case 'TAG_RESOLVE_FAILED':
      return syntax('YAML takes a text that begins with ! for a tag', fix);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return syntax('YAML takes a colon with a space after it for a field', fix);
    case 'BAD_SCALAR_START':
      return syntax(`a text without quotes can't begin with ${text.charAt(offset)}`, fix);
    case 'BAD_ALIAS':
      return syntax('YAML takes a text that begins with * for an alias', fix);
    case 'TAB_AS_INDENT':
      return syntax('YAML is not indented by tabs', 'indent by spaces');
    case 'MULTIPLE_DOCS':
      return syntax('the file holds more than one document', 'leave out what follows the line ---');
    default: {
      const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
      const isTemplate = text.slice(lineStart, offset + 1).includes('${');
      return syntax(
        `the file is no YAML here: ${error.message}`,
        isTemplate ? 'put texts with ${…} in quotes, and so what holds quotes' : 'mend the syntax; quotes around a text often do',
      );
    }
  }
}

/** What is wrong with a text as YAML, and whether the rest of it could be read all the same. */
export function yamlProblems(source: YamlSource): { problems: Problem[]; isReadable: boolean } {
  const { errors } = source.document;
  // What follows the first fault that is not local is mostly its consequence.
  const fatal = errors.find((error) => !isLocal(error));
  const told = errors.filter((error) => error === fatal || (isLocal(error) && (!fatal || error.pos[0] < fatal.pos[0])));
  return {
    problems: told.map((error) => ({ ...source.placeAt(error.pos[0]), ...describe(error, source.text) })),
    isReadable: fatal === undefined,
  };
}
