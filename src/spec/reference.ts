const REFERENCE = /\$\{([^}]*)(\}?)/g;
const ENVIRONMENT = /^env:([A-Za-z_]\w*)$/;
/** The ARN or name of a secret, and after `#` a field of it. */
const SECRET = /^secret:([^#\s]+)(?:#(\w+))?$/;

/** Throws an `Error` when a text holds a `${…}` that is no reference to the environment. */
export function checkReferenceForm(text: string): void {
  check(text, ENVIRONMENT, 'write ${env:NAME}, with the name of an environment variable');
}

/** The same for a text that may be a secret: `${secret:ARN}` can stand in it too. */
export function checkSecretForm(text: string): void {
  const either = new RegExp(`${ENVIRONMENT.source}|${SECRET.source}`);
  check(text, either, 'write ${env:NAME}, or ${secret:ARN} for a secret of AWS Secrets Manager');
}

function check(text: string, form: RegExp, mend: string): void {
  if (!/\S/.test(text)) throw new Error('the text is empty; write some, or leave the field out');
  for (const [whole, name = '', end] of text.matchAll(REFERENCE)) {
    if (end !== '' && form.test(name)) continue;
    if (SECRET.test(name))
      throw new Error(`${whole} can't stand here; only what is secret comes by reference to one`);
    throw new Error(`${whole} is no reference; ${mend}`);
  }
}

/** The secrets that a text refers to. */
export const secretsIn = (text: string): { whole: string; id: string; field?: string }[] =>
  [...text.matchAll(REFERENCE)].flatMap(([whole, name = '']) => {
    const [, id, field] = SECRET.exec(name) ?? [];
    return id === undefined ? [] : [{ whole, id, ...(field !== undefined && { field }) }];
  });

/**
 * Puts the values of environment variables in for `${env:NAME}`, and those of `secrets` for their references. Called
 * late, so that secrets stay out of what is recorded or logged. Throws an `Error` that names the variable and the field
 * of the configuration.
 */
export function resolveReference(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  field = 'the configuration',
  secrets: ReadonlyMap<string, string> = new Map(),
): string {
  return text.replaceAll(REFERENCE, (whole, reference: string) => {
    const secret = secrets.get(whole);
    if (secret !== undefined) return secret;
    checkReferenceForm(whole);
    const name = ENVIRONMENT.exec(reference)?.[1] ?? '';
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new Error(
      `the environment variable ${name}, which ${field} takes by ${whole}, is not set; set it for the worker`,
    );
  });
}
