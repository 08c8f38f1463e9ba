import type { Command, QuboleApi } from './api.ts';
import { commandsSince } from './look-up.ts';

/**
 * The commands of those ids, by id; what QDS doesn't know is missing.
 *
 * QDS lists 100 at a time, newest first, those of the whole account. So it is listed for as long as pages without any
 * of ours have cost less than asking for the rest one by one would.
 */
export async function commandsOf(
  api: QuboleApi,
  ids: readonly string[],
  since: Date,
): Promise<Map<string, Command>> {
  const found = new Map<string, Command>();
  const wanted = new Set(ids.filter((id) => /^\d+$/.test(id)));
  if (wanted.size > 1) await listInto(found, wanted, api, since);
  for (const id of wanted) {
    const command = await api.command(id);
    if (command) found.set(id, command);
  }
  return found;
}

/** Moves from `wanted` into `found` what is listed. */
async function listInto(found: Map<string, Command>, wanted: Set<string>, api: QuboleApi, since: Date) {
  let vainPages = 0;
  for await (const commands of commandsSince(api, since)) {
    const before = wanted.size;
    for (const command of commands) {
      const id = String(command.id);
      if (wanted.delete(id)) found.set(id, command);
    }
    vainPages += wanted.size === before ? 1 : 0;
    const oldest = Math.min(...[...wanted].map(Number));
    const isPast = commands.length > 0 && commands.every(({ id }) => id < oldest);
    if (wanted.size === 0 || isPast || vainPages >= wanted.size) return;
  }
}
