export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's environment. Nothing else reads it, so that what a program depends on stands in one place. */
export const environment: Environment = process.env;

/** Adds to the environment what is not set, for libraries that read it themselves (AWS's SDK). */
export function completeEnvironment(more: Environment): Environment {
  for (const [name, value] of Object.entries(more)) if (value !== undefined) process.env[name] ??= value;
  return environment;
}
