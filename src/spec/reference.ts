const REFERENCE = /\$\{([^}]*)(\}?)/g;
const ENVIRONMENT = /^env:([A-Za-z_]\w*)$/;

/** Throws an `Error` when a text holds a `${…}` that is no reference to the environment. */
export function checkReferenceForm(text: string): void {
  if (!/\S/.test(text)) throw new Error('the text is empty; write some, or leave the field out');
  for (const [whole, name = '', end] of text.matchAll(REFERENCE)) {
    if (end !== '' && ENVIRONMENT.test(name)) continue;
    throw new Error(`${whole} is no reference; write \${env:NAME}, with the name of an environment variable`);
  }
}

/**
 * Puts the values of environment variables in for `${env:NAME}`. Called late, so that secrets stay out of what is
 * recorded or logged. Throws an `Error` that names the variable and the field of the configuration.
 */
export function resolveReference(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  field = 'the configuration',
): string {
  checkReferenceForm(text);
  return text.replaceAll(REFERENCE, (whole, reference: string) => {
    const name = ENVIRONMENT.exec(reference)?.[1] ?? '';
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new Error(
      `the environment variable ${name}, which ${field} takes by ${whole}, is not set; set it for the worker`,
    );
  });
}
