/** Maps a list by requests of which so many are under way at once; the results are in the list's order. */
export async function inParallel<T, U>(
  list: readonly T[],
  atOnce: number,
  map: (item: T) => Promise<U>,
): Promise<U[]> {
  const results: U[] = [];
  const rest = list.entries();
  const work = async () => {
    for (const [at, item] of rest) results[at] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, work));
  return results;
}
