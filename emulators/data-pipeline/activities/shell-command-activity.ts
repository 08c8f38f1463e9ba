import path from 'node:path';
import type { ActivityWork } from '../types/type.ts';
import { activity } from './activity.ts';
import { runShell } from './process.ts';
import { stage } from './staging.ts';

/** The text of `command`, or one that runs the script of `scriptUri` with the same arguments. */
export async function commandOf({ object, services, folder }: Omit<ActivityWork, 'out' | 'err'>) {
  const uri = object.text('scriptUri');
  if (uri === undefined) return object.text('command') ?? '';
  const file = path.join(folder, 'script');
  await services.s3.download(uri, file);
  return `/bin/sh '${file.replaceAll("'", `'\\''`)}' "$@"`;
}

/**
 * Runs a command with `/bin/sh`, on this machine and with the stand-in's environment; `scriptArgument` becomes `$1`
 * and so on.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-shellcommandactivity.html
 */
export const shellCommandActivity = activity({
  oneOf: [['command', 'scriptUri']],
  optional: ['scriptArgument', 'stage', 'stdout', 'stderr'],
  data: true,

  async run(work) {
    const { object, services, signal } = work;
    const staging = object.text('stage')?.toLowerCase() === 'true' ? await stage(work) : undefined;
    const folders = (name: string, staged: { folder: string }[] = []) =>
      Object.fromEntries(staged.map(({ folder }, index) => [`${name}${index + 1}_STAGING_DIR`, folder]));
    const env = { ...folders('INPUT', staging?.inputs), ...folders('OUTPUT', staging?.outputs) };
    const kept = ['stdout', 'stderr'].flatMap((key) => {
      const uri = object.text(key);
      return uri?.startsWith('s3://') ? [{ key, uri, text: '' }] : [];
    });
    const keep = (key: string, text: string) => {
      for (const one of kept) if (one.key === key) one.text += text;
    };
    try {
      await runShell(await commandOf(work), object.texts('scriptArgument'), {
        signal,
        env,
        out: (text) => (work.out(text), keep('stdout', text)),
        err: (text) => (work.err(text), keep('stderr', text)),
      });
    } finally {
      for (const { uri, text } of kept) await services.s3.put(uri, text);
    }
    await staging?.deliver();
  },
});
