import { join } from 'node:path';
import type { Command } from 'commander';
import { completeEnvironment, configFolder, environment, foundTools, packageRoot } from '../config.ts';
import { configuration, withConfig, type CommonFlags } from './context.ts';
import { printJson, say } from './output.ts';
import { describeStack } from './stack/describe.ts';
import { untilInterrupted } from './stack/interrupt.ts';
import { cancelJobs } from './stack/jobs.ts';
import { watchedBy } from './stack/new-data.ts';
import { announcementFile } from './stack/running.ts';
import { startStack, type StackOptions } from './stack/stack.ts';

interface DevFlags extends CommonFlags {
  worker: boolean;
  fresh: boolean;
}

export const dev = (program: Command): void =>
  void withConfig(program.command('dev'))
    .description(
      'runs all that a pipeline needs on this machine, until Ctrl-C: Temporal, stand-ins for AWS, a worker',
    )
    .option('--no-worker', 'without the worker, for one of your own')
    .option('--fresh', 'forgets the runs and the data of earlier times', false)
    .addHelpText(
      'after',
      `
Everything listens on this machine only. Runs and data are kept under .millrace/dev, with a log of each process.

Examples:
  $ millrace dev
  $ millrace dev --fresh
  $ millrace dev --no-worker --json`,
    )
    .action((flags: DevFlags) =>
      untilInterrupted(async ({ signal, hurry, interrupted }) => {
        const stack = await startStack({ ...(await options(flags)), signal, hurry });
        const { endpoints, warehouse, namespace, env } = stack;
        if (flags.json)
          printJson({ endpoints, warehouse, namespace, env, pid: process.pid, pids: stack.pids() });
        else console.log(`The local stack is ready. Ctrl-C ends it.\n\n${describeStack(stack)}\n`);
        await interrupted;
        say('ending the local stack …');
        await stack.stop();
      }),
    );

async function options(flags: DevFlags): Promise<StackOptions> {
  const folder = configFolder(flags.config);
  const common = {
    folder: join(folder, '.millrace', 'dev'),
    root: packageRoot(),
    env: environment,
    tools: foundTools(),
    persist: true,
    fresh: flags.fresh,
    announceAs: announcementFile(folder),
    log: say,
  };
  if (!flags.worker) return common;
  const config = await configuration(flags);
  return {
    ...common,
    worker: { configPath: config.file, taskQueue: config.taskQueue },
    newData: () => watchedBy(config),
    afterWorker: (stackEnv) => cancelJobs(config, completeEnvironment(stackEnv)),
  };
}
