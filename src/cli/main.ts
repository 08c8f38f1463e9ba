#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { cancel } from './cancel.ts';
import { demo } from './demo.ts';
import { dev } from './dev.ts';
import { CliError } from './error.ts';
import { report } from './output.ts';
import { run } from './run.ts';
import { runs } from './runs.ts';
import { show } from './show.ts';
import { validate } from './validate.ts';
import { worker } from './worker.ts';

const program = new Command('millrace')
  .description('Daily ETL as durable Temporal workflows: cluster, job, wait, publish.')
  .version('0.1.0')
  .showHelpAfterError(false)
  .configureOutput({ outputError: () => {} })
  .exitOverride();

for (const add of [validate, worker, dev, demo, run, runs, show, cancel]) add(program);
// Subcommands made by a factory don't inherit these.
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync();
} catch (error) {
  const json = process.argv.includes('--json');
  if (!(error instanceof CommanderError)) report(error, json);
  else if (error.exitCode !== 0) {
    const message = error.message.replace(/^error: /, '').replace(/\(outputHelp\)/, 'a command is missing');
    report(new CliError('Usage', message, 'see `millrace --help`'), json);
  }
}
