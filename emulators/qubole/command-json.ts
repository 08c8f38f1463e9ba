import { hasEnded, type Command } from './command.ts';

const PROGRESS = { waiting: 0, running: 50, cancelling: 50, cancelled: 0, error: 0, done: 100 } as const;

/** A command as the API shows it. https://docs.qubole.com/en/latest/rest-api/command_api/view-command-status.html */
export function commandJson(command: Command, withProperties = false): object {
  const { id, request, status, createdAt, startedAt, endedAt, parts } = command;
  const { name, label, tags, macros, pool, timeout, can_notify, command_type, sub_commands, ...own } = {
    sub_commands: undefined,
    ...request,
  };
  const seconds = (date: Date | undefined) => (date ? Math.floor(date.getTime() / 1000) : null);
  return {
    id,
    path: `/tmp/${createdAt.toISOString().slice(0, 10)}/1/${id}`,
    status,
    created_at: written(createdAt),
    updated_at: written(endedAt ?? startedAt ?? createdAt),
    command_type,
    progress: PROGRESS[status],
    qbol_session_id: 1,
    qlog: hasEnded(status) ? JSON.stringify({ 'QBOL-QUERY-SCHEMA': {} }) : null,
    resolved_macros: macros ? JSON.stringify(macros) : null,
    template: 'generic',
    submit_time: seconds(createdAt),
    start_time: seconds(startedAt),
    end_time: seconds(endedAt),
    can_notify: can_notify ?? false,
    pool: pool ?? null,
    timeout: timeout ?? null,
    name: name ?? null,
    command_source: 'API',
    account_id: 1,
    user_id: 1,
    uid: 1,
    email: 'nobody@example.com',
    label: label ?? 'default',
    num_result_dir: -1,
    meta_data: { results_resource: `commands/${id}/results`, logs_resource: `commands/${id}/logs` },
    command:
      sub_commands === undefined
        ? own
        : {
            sub_commands: parts.map((part, index) => ({
              ...part.request,
              id: part.id,
              sequence_number: index + 1,
              status: part.status,
            })),
          },
    ...(withProperties && { tags: tags ?? [] }),
  };
}

/** `2019-09-17 23:37:14 UTC`. */
const written = (date: Date): string =>
  date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
