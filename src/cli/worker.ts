import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Command } from 'commander';
import { completeEnvironment, environment } from '../config.ts';
import { createWorker, type RunningWorker } from '../worker.ts';
import { cantReach, configuration, temporal, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';

export const worker = (program: Command): void =>
  void withTemporal(program.command('worker'))
    .description('runs the worker until SIGINT or SIGTERM; jobs on engines go on without it')
    .option('--log-level <level>', 'TRACE, DEBUG, INFO, WARN or ERROR', 'WARN')
    .addHelpText(
      'after',
      `
Examples:
  $ millrace worker
  $ TEMPORAL_PROFILE=prod millrace worker --config /etc/millrace.yaml`,
    )
    .action(async (flags: CommonFlags & { logLevel: string }) => {
      const level = LEVELS.find((name) => name === flags.logLevel.toUpperCase());
      if (!level)
        throw new CliError('Usage', `no log level ${flags.logLevel}`, `write one of ${LEVELS.join(', ')}`);
      const config = await configuration(flags);
      const { target, dev } = temporal(flags, config.folder);
      // The servers that belong to a local stack: without them its pipelines could reach nothing.
      const env = dev ? completeEnvironment(dev.env) : environment;
      // Relative local paths in pipeline files begin where the configuration is, wherever the worker is started.
      process.chdir(config.folder);
      Runtime.install({ logger: flags.json ? jsonLogger(level) : new DefaultLogger(level) });
      const { run, close } = await connected(createWorker(config, target, env, say), target.options.address);
      say(
        `worker: takes from ${config.taskQueue} at ${target.options.address}, namespace ${target.namespace}`,
      );
      try {
        await run();
      } finally {
        await close();
      }
      say('worker: stopped; jobs on engines go on');
    });

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

const jsonLogger = (level: (typeof LEVELS)[number]): DefaultLogger =>
  new DefaultLogger(level, ({ level: at, timestampNanos, message, meta }) =>
    printJson({
      time: new Date(Number(timestampNanos / 1_000_000n)).toISOString(),
      level: at,
      message,
      ...meta,
    }),
  );

async function connected(worker: Promise<RunningWorker>, address: string): Promise<RunningWorker> {
  try {
    return await worker;
  } catch (error) {
    // A connection that fails has this name, whatever is behind it.
    if (error instanceof Error && error.name === 'TransportError') throw cantReach(address, error);
    throw error;
  }
}
