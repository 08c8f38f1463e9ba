import type { Command } from 'commander';
import { completeEnvironment, environment, type Configuration } from '../config.ts';
import { createConsumers, type NamedConsumer } from '../consumers.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';
import { routesOf } from '../triggers/event-router.ts';
import { configuration, connect, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { printJson, say } from './output.ts';
import { untilInterrupted } from './stack/interrupt.ts';

interface ListenFlags extends CommonFlags {
  routes?: boolean;
}

export const listen = (program: Command): void =>
  void withTemporal(program.command('listen'))
    .description('takes notifications of new data from the queues of millrace.yaml, until Ctrl-C')
    .option('--routes', 'only print which new data starts what, as JSON, for the Lambda handler')
    .addHelpText(
      'after',
      `
A worker does the same for queues with \`consumer: worker\`. Any number of both may take from one queue.

Examples:
  $ millrace listen
  $ millrace listen --json
  $ millrace listen --routes > routes.json`,
    )
    .action(async (flags: ListenFlags) => {
      const config = await configuration(flags);
      if (flags.routes) return printJson(await routes(config));
      const { client, dev, close } = await connect(flags, config.folder);
      try {
        const env = dev ? completeEnvironment(dev.env) : environment;
        const consumers = createConsumers(config, env, client, 'listen', say);
        if (consumers.length === 0)
          throw new CliError('NoQueue', 'the configuration has no queues', 'add queues to millrace.yaml');
        await Promise.all(consumers.map(reachable));
        await untilInterrupted(({ signal }) => consume(consumers, signal, flags.json === true));
      } finally {
        await close();
      }
    });

async function routes(config: Configuration): Promise<object> {
  const definitions = await new PipelineFolder(config.pipelines, config.folder).loadAll();
  return { taskQueue: config.taskQueue, routes: routesOf(definitions) };
}

async function reachable({ name, queue }: NamedConsumer): Promise<void> {
  try {
    await queue.check();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(
      'Unreachable',
      `the queue ${name} can't be read: ${why}`,
      `look at its url, ${queue.url}`,
      { exitCode: 3 },
    );
  }
}

async function consume(consumers: NamedConsumer[], signal: AbortSignal, json: boolean): Promise<void> {
  const queues = consumers.map(({ name, queue }) => ({ name, url: queue.url }));
  if (json) printJson({ queues, pid: process.pid });
  for (const { name, url } of queues) say(`listen: takes from ${name}, ${url}`);
  await Promise.all(consumers.map(({ consumer }) => consumer.run(signal)));
  const came = consumers.map(({ name, consumer }) => ({ name, ...consumer.counts }));
  if (json) return printJson({ counts: came });
  for (const { name, received, accepted, signals } of came)
    say(`listen: ${name}: ${received} messages, ${accepted} of them accepted, ${signals} signals`);
}
