import { Command, CommanderError } from 'commander';
import { CliError } from './error.ts';
import { report } from './output.ts';

/** Loaded when asked for: Temporal's and AWS's libraries take a while, and `validate` needs none of them. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  validate: async () => (await import('./validate.ts')).validate,
  worker: async () => (await import('./worker.ts')).worker,
  listen: async () => (await import('./listen.ts')).listen,
  dev: async () => (await import('./dev.ts')).dev,
  demo: async () => (await import('./demo.ts')).demo,
  apply: async () => (await import('./apply.ts')).apply,
  preflight: async () => (await import('./preflight.ts')).preflight,
  run: async () => (await import('./run.ts')).run,
  backfill: async () => (await import('./backfill.ts')).backfill,
  runs: async () => (await import('./runs.ts')).runs,
  show: async () => (await import('./show.ts')).show,
  adopt: async () => (await import('./decide.ts')).adopt,
  resubmit: async () => (await import('./decide.ts')).resubmit,
  abandon: async () => (await import('./decide.ts')).abandon,
  orphans: async () => (await import('./orphans.ts')).orphans,
  logs: async () => (await import('./logs.ts')).logs,
  cancel: async () => (await import('./cancel.ts')).cancel,
};

const program = new Command('millrace')
  .description('Daily ETL as durable Temporal workflows: cluster, job, wait, publish.')
  .version('0.1.0')
  .configureOutput({ outputError: () => {} })
  .exitOverride();

const asked = COMMANDS[process.argv[2] ?? ''];
for (const load of asked ? [asked] : Object.values(COMMANDS)) (await load())(program);
// Subcommands that were made with settings of their own don't take these over.
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  const json = process.argv.includes('--json');
  if (!(error instanceof CommanderError)) report(error, json);
  else if (error.exitCode !== 0) {
    const message = error.message
      .replace(/^error: /, '')
      .replace('(outputHelp)', 'a command is missing')
      .replaceAll('\n', ' ')
      .replace(/\.$/, '');
    report(new CliError('Usage', message, 'see `millrace --help`'), json);
  }
}
