import type { Command } from 'commander';
import type { Definition } from '../domain/definition.ts';
import { EtlError } from '../domain/failure.ts';
import { PipelineFolder } from '../spec/pipeline-folder.ts';
import { Schedules, type ForeignSchedule, type PlannedChange } from '../triggers/schedules.ts';
import { configuration, connect, withTemporal, type CommonFlags } from './context.ts';
import { CliError } from './error.ts';
import { paint, printJson, say } from './output.ts';

interface ApplyFlags extends CommonFlags {
  dryRun?: boolean;
  prune?: boolean;
}

export const apply = (program: Command): void =>
  void withTemporal(program.command('apply'))
    .description("makes Temporal's schedules those of the pipeline files")
    .option('--dry-run', 'only say what would change')
    .option('--prune', 'delete schedules that no file has any more, instead of pausing them')
    .addHelpText(
      'after',
      `
What a person has paused stays paused, also under other params. Schedules that something else made are left alone.

Examples:
  $ millrace apply --dry-run
  $ millrace apply --prune --json`,
    )
    .action(async (flags: ApplyFlags) => {
      const config = await configuration(flags);
      const definitions = await loadAll(new PipelineFolder(config.pipelines, config.folder));
      const { client, close } = await connect(flags, config.folder);
      try {
        const schedules = new Schedules(client, config.taskQueue);
        const plan = await schedules.plan(definitions, { prune: flags.prune === true });
        if (plan.foreign.length > 0) throw foreign(plan.foreign);
        if (!flags.json) for (const change of plan.changes) console.log(lines(change));
        if (!flags.dryRun) await schedules.apply(plan, definitions);
        if (flags.json) printJson({ changes: plan.changes, applied: !flags.dryRun });
        else say(summary(plan.changes, flags.dryRun === true));
      } finally {
        await close();
      }
    });

async function loadAll(folder: PipelineFolder): Promise<Definition[]> {
  try {
    return await folder.loadAll();
  } catch (error) {
    if (!(error instanceof EtlError)) throw error;
    throw new CliError(error.type, error.message, 'see all by `millrace validate FILE`; nothing was changed');
  }
}

function foreign(schedules: ForeignSchedule[]): CliError {
  const names = schedules.map(({ schedule }) => schedule).join(', ');
  return new CliError(
    'ForeignSchedule',
    `there are schedules that something else made: ${names}`,
    'delete them (`temporal schedule delete --schedule-id ID`) or rename the pipeline; nothing was changed',
    { extra: { schedules } },
  );
}

const LONGEST_VALUE = 60;
const STYLE = { create: 'green', change: 'cyan', pause: 'yellow', delete: 'red' } as const;

function lines({ action, schedule, fields }: PlannedChange): string {
  const rows = fields.map(({ field, from, to }) =>
    action === 'create'
      ? `    ${field}: ${short(to)}`
      : `    ${field}: ${short(from)} ${paint('dim', '→')} ${short(to)}`,
  );
  return [`${paint(STYLE[action], action.padEnd(6))}  ${schedule}`, ...rows].join('\n');
}

const short = (value: string | null): string => {
  if (value === null) return 'none';
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
};

function summary(changes: PlannedChange[], isDry: boolean): string {
  if (changes.length === 0) return 'nothing to change';
  const count = changes.length === 1 ? '1 schedule' : `${changes.length} schedules`;
  return isDry ? `${count} would change` : `${count} changed`;
}
