import { basename, dirname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import {
  CONFIG_NAME,
  connectionsOf,
  findConfig,
  loadConfig,
  type Config,
  type LoadedConfig,
} from '../spec/load-config.ts';
import { loadPipeline, type KnownPipeline, type Problem } from '../spec/load.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';

interface ValidateOptions {
  json?: boolean;
  config?: string;
}

const EXAMPLES = `
Examples:
  $ millrace validate examples/flights/pipeline.yaml
  $ millrace validate pipelines/*.yaml --config millrace.yaml
  $ millrace validate pipeline.yaml --json | jq '.[].message'

All problems are told at once, and the exit code is 2 if there are any. The names of engines, warehouses and
webhooks, and of other pipelines, are checked where a configuration is at
hand: the one that is named, else the nearest above each file.`;

const asLine = ({ file, line, column, message, fix }: Problem): string =>
  `${file}:${line}:${column}: ${message}; ${fix}`;

/** The configuration that was asked for, or the nearest of each file: an example may have one of its own. */
function byConfig(files: readonly string[], asked: string | undefined): Map<string | undefined, string[]> {
  const groups = new Map<string | undefined, string[]>();
  for (const file of files) {
    const config = asked ?? findConfig(dirname(resolve(file))) ?? findConfig(process.cwd());
    groups.set(config, [...(groups.get(config) ?? []), file]);
  }
  return groups;
}

async function problemsOf(files: readonly string[], { config: asked }: ValidateOptions): Promise<Problem[]> {
  const groups = [...byConfig(files, asked)];
  const all = (await Promise.all(groups.map(([config, files]) => problemsUnder(config, files)))).flat();
  return [...new Map(all.map((problem) => [JSON.stringify(problem), problem])).values()];
}

async function problemsUnder(configFile: string | undefined, files: readonly string[]): Promise<Problem[]> {
  const { config, problems }: LoadedConfig = configFile ? await loadConfig(configFile) : { problems: [] };
  const connections = config && connectionsOf(config);
  const pipelines = config && (await pipelinesAround(files, config));
  const found = await Promise.all(
    files.map(async (file) => {
      const isConfig = basename(file) === CONFIG_NAME;
      return (isConfig ? await loadConfig(file) : await loadPipeline(file, connections, pipelines)).problems;
    }),
  );
  // Its own problems are told once where it is one of the files.
  const isAsked = files.some(
    (file) => basename(file) === CONFIG_NAME && resolve(file) === resolve(configFile ?? ''),
  );
  return [...(isAsked ? [] : problems), ...found.flat()];
}

/** What the pipelines of the configuration, and those that are asked for, know of each other. */
async function pipelinesAround(files: readonly string[], config: Config): Promise<KnownPipeline[]> {
  const own = await new PipelineFolder(config.pipelines, dirname(config.file)).files();
  const all = new Set(
    [...own, ...files.filter((file) => basename(file) !== CONFIG_NAME)].map((file) => resolve(file)),
  );
  const loaded = await Promise.all([...all].map((file) => loadPipeline(file)));
  return loaded.flatMap(({ known }) => known ?? []);
}

/** `millrace validate FILE…`: says all that is wrong with pipeline files, and where. */
export const validate = (program: Command): void => {
  program
    .command('validate')
    .description('check pipeline files and say all that is wrong with them')
    .argument('<file...>', `pipeline files; a ${CONFIG_NAME} is checked as a configuration`)
    .option('--json', 'print [{file, line, column, code, message, fix}]')
    .addOption(
      new Option('--config <file>', `configuration; else the nearest ${CONFIG_NAME}`).env('MILLRACE_CONFIG'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: ValidateOptions) => {
      const problems = await problemsOf(files, options);
      if (options.json) process.stdout.write(`${JSON.stringify(problems, null, 2)}\n`);
      else for (const problem of problems) process.stdout.write(`${asLine(problem)}\n`);
      if (problems.length > 0) process.exitCode = 2;
    });
};
