/** How many letters must be changed, added, left out or swapped to make one word of the other. */
function distance(left: string, right: string): number {
  const rows = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= left.length; row++) {
    const edits = [row];
    rows.push(edits);
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped = left[row - 2] === right[column - 1] && left[row - 1] === right[column - 2];
      edits[column] = Math.min(
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
      );
    }
  }
  return at(left.length, right.length);
}

const mostEdits = (length: number): number => (length < 3 ? 0 : Math.ceil(length / 3));

/** The known word that an unknown one is most likely meant to be. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= mostEdits(Math.min(word.length, candidate.length)))
    .toSorted((left, right) => left.edits - right.edits);
  return near[0]?.candidate;
}

/** A mend that names the likely word, or all that there are. */
export function didYouMean(word: string, known: readonly string[]): string {
  const likely = closest(word, known);
  if (likely !== undefined) return `did you mean ${likely}?`;
  return known.length === 0 ? 'leave it out' : `there are: ${known.join(', ')}`;
}
