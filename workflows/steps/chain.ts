import type { StepOf } from '../../src/domain/definition.ts';
import type { CommandSpec } from '../../src/ports.ts';
import { jobSpec } from '../job-spec.ts';
import type { StepRun } from '../step-run.ts';
import { doWork } from '../work.ts';
import { handles, runJob } from './job.ts';

/** Several commands in order: one job where the engine has such, else a job for each. */
export async function chain(step: StepRun, { args }: StepOf<'chain'>) {
  const scope = step.scope();
  const commands = args.commands.map((command) => jobSpec(command, scope));
  const whole = step.run.plan.settings.chains?.includes(args.engine) ?? false;
  return whole ? asOne(step, args, commands) : oneByOne(step, args.engine, commands);
}

async function asOne(step: StepRun, { engine, push }: StepOf<'chain'>['args'], commands: CommandSpec[]) {
  const finished = await doWork(step, {
    to: { kind: 'engine', name: engine },
    what: 'the chain',
    spec: { kind: 'chain', commands, push },
    nextKey: () => step.nextKey(),
    outcome: 'chain',
  });
  return { ...handles(finished), commands: finished.outcome?.commands ?? [] };
}

async function oneByOne(step: StepRun, engine: string, commands: CommandSpec[]) {
  const { commandsDone } = step;
  let last = {};
  for (const command of commands.slice(commandsDone.length)) {
    const finished = await runJob(step, engine, command);
    commandsDone.push({ ref: finished.ref.id, state: 'done' });
    last = handles(finished);
  }
  return { ...last, commands: [...commandsDone] };
}
