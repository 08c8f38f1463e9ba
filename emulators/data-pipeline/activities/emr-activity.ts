import path from 'node:path';
import type { ActivityWork } from '../types/type.ts';
import { activity } from './activity.ts';
import { runProcess, runShell } from './process.ts';

/**
 * Runs the steps of an EMR cluster that are programs: those of `command-runner.jar` and `script-runner.jar`, on this
 * machine. Other jars need a Hadoop, which there is none.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-emractivity.html
 */
export const emrActivity = activity({
  optional: ['step', 'preStepCommand', 'postStepCommand'],
  data: true,
  logField: 'emrStepLog',

  async run(work) {
    const { object, signal, out, err } = work;
    for (const command of object.texts('preStepCommand')) await runShell(command, [], { signal, out, err });
    for (const [index, step] of object.texts('step').entries()) await runStep(work, step, index);
    for (const command of object.texts('postStepCommand')) await runShell(command, [], { signal, out, err });
  },
});

async function runStep(work: ActivityWork, step: string, index: number): Promise<void> {
  const { services, folder, signal, out, err } = work;
  // A comma inside of an argument is written \,
  const [jar = '', first = '', ...rest] = step
    .split(/(?<!\\),/)
    .map((part) => part.replaceAll('\\,', ',').trim());
  const name = `step ${index + 1} (${path.posix.basename(jar)} ${first})`;
  const options = { signal, out, err, name, args: rest };
  switch (path.posix.basename(jar)) {
    case 'command-runner.jar':
      return runProgram({ ...options, file: first });
    case 'script-runner.jar': {
      if (!first.startsWith('s3://'))
        return runProgram({ ...options, file: '/bin/sh', args: [first, ...rest] });
      const file = path.join(folder, `step${index + 1}`);
      await services.s3.download(first, file);
      return runProgram({ ...options, file: '/bin/sh', args: [file, ...rest] });
    }
    default:
      throw new Error(
        `${jar} needs a Hadoop cluster, and this stand-in has none; it runs the steps of command-runner.jar and script-runner.jar`,
      );
  }
}

async function runProgram(options: Parameters<typeof runProcess>[0]): Promise<void> {
  try {
    await runProcess(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`${options.file} is not installed on this machine, where the stand-in runs it`, {
      cause: error,
    });
  }
}
