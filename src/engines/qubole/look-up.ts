import { EtlError } from '../../domain/failure.ts';
import { PAGE_SIZE, type Command, type QuboleApi } from './api.ts';

/** With its filter by name QDS answers in one page; more are read in case that it is not applied. */
const MOST_PAGES = 20;

/** All commands of that name, the oldest first. `JobLost` if the list doesn't come to an end. */
export async function commandsNamed(api: QuboleApi, name: string, since: Date): Promise<Command[]> {
  const found = new Map<number, Command>();
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { commands, isLast } = await api.list(page, { name, since });
    for (const command of commands) if (command.name === name) found.set(command.id, command);
    if (isLast) return [...found.values()].sort((a, b) => a.id - b.id);
  }
  const message = `Qubole lists more than ${MOST_PAGES * PAGE_SIZE} commands for the name ${name}, so it can't be told whether it is there`;
  throw new EtlError('JobLost', message);
}

/** The commands since then, newest first, each once: pages shift while new commands come in. */
export async function* commandsSince(api: QuboleApi, since: Date): AsyncGenerator<Command[]> {
  const seen = new Set<number>();
  for (let page = 1; ; page += 1) {
    const { commands, isLast } = await api.list(page, { since });
    yield commands.filter(({ id }) => !seen.has(id));
    for (const { id } of commands) seen.add(id);
    if (isLast) return;
  }
}
