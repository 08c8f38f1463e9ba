import { checked } from './fields.ts';

/** Words that CEL keeps for itself, so that `steps.<id>` could not be read. */
const CEL_WORDS: readonly string[] = (
  'true false null in as break const continue else for function if import let loop package namespace return var ' +
  'void while prototype'
).split(' ');

export const stepId = () =>
  checked('bad-id', (id) => {
    if (CEL_WORDS.includes(id))
      throw new Error(`${id} is a word of CEL and can't be a step's id; take another one`);
    if (/^[a-z][A-Za-z0-9_]*$/.test(id)) return;
    const better = id
      .replaceAll(/[^A-Za-z0-9_]+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')
      .replace(/^[^A-Za-z]+/, '')
      .replace(/^[A-Z]/, (letter) => letter.toLowerCase());
    const mend = 'it must be letters, digits and _, a small letter first';
    throw new Error(`${JSON.stringify(id)} is no step id; ${mend}${better ? `, like ${better}` : ''}`);
  });
