import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { paramWords } from '../../src/cli/param-option.ts';

test('a shell reads again the parameters that were typed', () => {
  expect(paramWords([])).toBe('');
  expect(paramWords(['top=3', 'day=2001-01-05'])).toBe(' --param top=3 --param day=2001-01-05');
  const odd = ["note=it's $HOME", 'empty=', 'list=["a", "b"]'];
  const read = execFileSync('sh', ['-c', `printf '%s\\n'${paramWords(odd)}`], { encoding: 'utf8' });
  expect(read.split('\n')).toEqual([...odd.flatMap((pair) => ['--param', pair]), '']);
});
