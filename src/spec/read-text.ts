import { readFile } from 'node:fs/promises';

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
};

/** A file's text, or, in words, why it can't be read. */
export async function readText(file: string): Promise<{ text: string } | { reason: string }> {
  try {
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { reason: REASONS[code] ?? message };
  }
}
