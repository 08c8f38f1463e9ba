import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Files } from '../s3.ts';

/** Options without a value. */
const FLAG = /^--(verbose|supervise|version|help)$/;

/** The command line of an application, with its file in `folder`. There is no JVM here, so a jar is refused. */
export async function sparkApplication(args: string[], files: Files, folder: string): Promise<string[]> {
  let at = 0;
  while (args[at]?.startsWith('-')) at += FLAG.test(args[at] ?? '') ? 1 : 2;
  const [app, ...rest] = args.slice(at);
  if (app === undefined) throw new Error('Missing application resource.');
  if (!app.endsWith('.py')) throw new Error(`this stand-in runs Python applications, and ${app} is none`);
  const local = path.join(folder, path.basename(app));
  await writeFile(local, await files.read(app));
  return ['python3', local, ...rest];
}
