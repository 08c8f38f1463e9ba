import { CliError } from './error.ts';

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Takes `ID` or `ID@runId` apart; an ID that was typed by hand may have an @ of its own. */
export function parseRunName(name: string): { workflowId: string; runId?: string } {
  const at = name.lastIndexOf('@');
  if (at <= 0 || !RUN_ID.test(name.slice(at + 1))) return { workflowId: name };
  return { workflowId: name.slice(0, at), runId: name.slice(at + 1) };
}

export const notFound = (name: string): CliError =>
  new CliError('NotFound', `Temporal has no run ${name}`, 'see `millrace runs` for those that it has');
