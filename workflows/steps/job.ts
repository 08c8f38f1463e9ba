import type { CommandSpec, FileSet } from '../../src/ports.ts';
import type { FinishedWork } from '../../activities/work.ts';
import { jobSpec } from '../job-spec.ts';
import type { StepRun } from '../step-run.ts';
import { doWork } from '../work.ts';

/** A job on an engine, and what it left. */
export async function job(step: StepRun, { args }: { args: { engine: string; job: CommandSpec } }) {
  const spec = jobSpec(args.job, step.scope());
  const finished = await runJob(step, args.engine, spec);
  const { exitCode, values } = finished.outcome ?? {};
  return {
    ...handles(finished),
    ...(exitCode !== undefined && { exitCode }),
    ...(values !== undefined && { values }),
    ...written(spec, finished),
  };
}

/** Submits one command as a job of its own, and waits for its end. */
export const runJob = (step: StepRun, engine: string, spec: CommandSpec): Promise<FinishedWork> =>
  doWork(step, {
    to: { kind: 'engine', name: engine },
    what: `the ${spec.kind} job`,
    spec,
    nextKey: () => step.nextKey(),
    ...('output' in spec && spec.output && { output: spec.output }),
    ...(spec.kind === 'shell' && { outcome: spec.kind }),
  });

/** What every result of a job has. */
export const handles = ({ ref }: FinishedWork) => ({
  ref: ref.id,
  log: ref.log ?? null,
  url: ref.url ?? null,
});

function written(spec: CommandSpec, { measure }: FinishedWork) {
  const output: FileSet | undefined = 'output' in spec ? spec.output : undefined;
  return output && measure ? { output: { ...output }, ...measure } : {};
}
