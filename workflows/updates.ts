import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import type { StepProgress } from '../src/domain/run.ts';
import type { StepRun } from './step-run.ts';
import { ADOPTS } from './steps/index.ts';

export const adopt = defineUpdate<StepProgress, [{ step: string; ref: string }]>('adopt');
export const resubmit = defineUpdate<StepProgress, [{ step: string }]>('resubmit');
export const abandon = defineUpdate<StepProgress, [{ step: string }]>('abandon');

/** What a validator gets: whatever somebody sent. */
interface Asked {
  step?: unknown;
  ref?: unknown;
}

/** What a person may decide about a step that cannot go on by itself. */
export function registerUpdates(steps: () => readonly StepRun[]): void {
  setHandler(
    adopt,
    ({ step, ref }) => {
      const run = stepOf(steps, step);
      run.decision = { adopt: ref };
      return run.progress();
    },
    {
      validator: (request?: Asked) => {
        const run = lost(steps, request?.step);
        if (!ADOPTS.includes(run.definition.kind))
          refuse(`step ${run.definition.id} has no job that could be adopted`);
        if (typeof request?.ref !== 'string' || request.ref === '')
          refuse('adopt takes {step, ref}: ref is missing');
      },
    },
  );
  setHandler(
    resubmit,
    ({ step }) => {
      const run = stepOf(steps, step);
      run.decision = 'resubmit';
      return run.progress();
    },
    { validator: (request?: Asked) => void lost(steps, request?.step) },
  );
  setHandler(
    abandon,
    ({ step }) => {
      const run = stepOf(steps, step);
      run.decision = 'abandon';
      return run.progress();
    },
    {
      validator: (request?: Asked) => {
        const run = stepOf(steps, request?.step);
        if (run.state !== 'lost' && !run.stopping)
          refuse(`step ${run.definition.id} is ${run.state}: nothing to abandon`);
      },
    },
  );
}

function lost(steps: () => readonly StepRun[], id: unknown): StepRun {
  const run = stepOf(steps, id);
  if (run.state !== 'lost') refuse(`step ${run.definition.id} is ${run.state}, not lost`);
  return run;
}

function stepOf(steps: () => readonly StepRun[], id: unknown): StepRun {
  const all = steps();
  return (
    all.find(({ definition }) => definition.id === id) ??
    refuse(
      `no step is called ${String(id)}; there are: ${all.map(({ definition }) => definition.id).join(', ')}`,
    )
  );
}

function refuse(message: string): never {
  throw ApplicationFailure.nonRetryable(message, 'Rejected');
}
