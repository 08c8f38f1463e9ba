/** How an API lists things by the page and tells of some by their IDs. */
export interface Lists<T> {
  idOf(item: T): string;
  /** What has not ended, page by page. */
  active(): AsyncIterable<T[]>;
  /** Everything, the newest first, page by page. */
  newest(): AsyncIterable<T[]>;
  /** By ID; what isn't there is left out. */
  some(ids: string[]): Promise<T[]>;
  /** How many IDs `some` takes. */
  perRequest: number;
}

/**
 * Finds things by ID in as few requests as that takes: few by their IDs, many out of the list of what goes on, and
 * those that just ended out of the newest, as long as a page brings more than a request by ID would.
 */
export async function lookUp<T>(ids: Iterable<string>, lists: Lists<T>): Promise<Map<string, T>> {
  const { idOf, perRequest } = lists;
  const missing = new Set(ids);
  const found = new Map<string, T>();
  const take = (page: T[]): number => {
    const wanted = page.filter((item) => missing.delete(idOf(item)));
    for (const item of wanted) found.set(idOf(item), item);
    return wanted.length;
  };
  for (const list of [lists.active, lists.newest]) {
    if (missing.size <= perRequest) break;
    for await (const page of list()) {
      const brought = take(page);
      if (missing.size <= perRequest || (list === lists.newest && brought <= perRequest)) break;
    }
  }
  const rest = [...missing];
  for (let at = 0; at < rest.length; at += perRequest)
    take(await lists.some(rest.slice(at, at + perRequest)));
  return found;
}
