import { CliError } from './error.ts';

/** Takes `ID` or `ID@runId` apart. */
export function parseRunName(name: string): { workflowId: string; runId?: string } {
  const at = name.lastIndexOf('@');
  if (at <= 0) return { workflowId: name };
  return { workflowId: name.slice(0, at), runId: name.slice(at + 1) };
}

export const notFound = (name: string): CliError =>
  new CliError('NotFound', `Temporal has no run ${name}`, 'see `millrace runs` for those that it has');
