import { runInNewContext } from 'node:vm';
import { CommandFailure } from './error.ts';

const LONGEST_MS = 1_000;

/** Puts the values of QDS's macros, JavaScript expressions, where the text has `$name$`. */
export function withMacros(text: string, macros: readonly Record<string, string>[]): string {
  let result = text;
  for (const [name, expression] of macros.flatMap((macro) => Object.entries(macro))) {
    let value: unknown;
    try {
      value = runInNewContext(expression, {}, { timeout: LONGEST_MS });
    } catch (error) {
      throw new CommandFailure(`the macro ${name} can't be evaluated: ${String(error)}`);
    }
    result = result.replaceAll(`$${name}$`, () => String(value));
  }
  return result;
}

/** The same for each text of a command that can have macros. */
export function expand<Request extends Record<string, unknown>>(
  request: Request,
  macros: readonly Record<string, string>[],
): Request {
  const texts = ['query', 'sql', 'program', 'cmdline', 'inline', 'script_location'];
  const expanded: Record<string, unknown> = { ...request };
  for (const [field, value] of Object.entries(expanded)) {
    if (typeof value === 'string' && texts.includes(field)) expanded[field] = withMacros(value, macros);
  }
  return expanded as Request;
}
