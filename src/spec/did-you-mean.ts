/** How many letters must be changed, added or left out to make one word of the other. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 0; column < right.length; column++) {
      const change = (row[column] ?? 0) + (letter === right[column] ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The known word that an unknown one is most likely meant to be. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.min(word.length, candidate.length) / 3)))
    .toSorted((left, right) => left.edits - right.edits);
  return near[0]?.candidate;
}

/** A mend that names the likely word, or all that there are. */
export function didYouMean(word: string, known: readonly string[]): string {
  const likely = closest(word, known);
  if (likely !== undefined) return `did you mean ${likely}?`;
  return known.length === 0 ? 'leave it out' : `there are: ${known.join(', ')}`;
}
