import { Option } from 'commander';
import { word } from '../domain/shell-word.ts';

/** `--param k=v`, as often as one likes. */
export const paramOption = (description = 'a parameter; may be given again'): Option =>
  new Option('--param <k=v>', description)
    .default([], 'none')
    .argParser((pair: string, all: string[]) => [...all, pair]);

/** Those options as one types them again in a shell. */
export const paramWords = (pairs: readonly string[]): string =>
  pairs.map((pair) => ` --param ${word(pair)}`).join('');
