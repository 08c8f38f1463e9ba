import type { StepDefinition } from './definition.ts';
import { stepHasEnded, type StepState } from './state.ts';

export interface NextSteps {
  start: string[];
  /** Steps all of whose needs were skipped. */
  skip: string[];
}

/**
 * Says which waiting steps may start now, and which are skipped because all that they need was skipped.
 * Ask again after every change, a skip included. A step without a state is waiting.
 */
export function nextSteps(steps: readonly StepDefinition[], states: Record<string, StepState>): NextSteps {
  const state = (id: string): StepState => states[id] ?? 'waiting';
  const hasEnded = (id: string): boolean => stepHasEnded(state(id));
  const stopsRun = (step: StepDefinition): boolean =>
    state(step.id) === 'cancelled' || (state(step.id) === 'failed' && !step.allowFailure);

  if (steps.some(stopsRun)) return { start: [], skip: [] };

  if (!steps.some((step) => step.needs)) {
    const next = steps.find((step) => !hasEnded(step.id));
    return { start: next && state(next.id) === 'waiting' ? [next.id] : [], skip: [] };
  }

  const ready = steps.filter((step) => state(step.id) === 'waiting' && (step.needs ?? []).every(hasEnded));
  const isMoot = ({ needs = [] }: StepDefinition): boolean =>
    needs.length > 0 && needs.every((id) => state(id) === 'skipped');
  return {
    start: ready.filter((step) => !isMoot(step)).map((step) => step.id),
    skip: ready.filter(isMoot).map((step) => step.id),
  };
}

/** The steps that may have run, or still run, when this one begins. A step stands below those that it needs. */
export function mayComeBefore(steps: readonly StepDefinition[], { id }: StepDefinition): StepDefinition[] {
  if (!steps.some((step) => step.needs)) {
    const index = steps.findIndex((step) => step.id === id);
    return steps.slice(0, Math.max(0, index));
  }
  const after = new Set([id]);
  for (const step of steps) if (step.needs?.some((need) => after.has(need))) after.add(step.id);
  return steps.filter((step) => !after.has(step.id));
}
