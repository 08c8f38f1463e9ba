import { didYouMean } from './did-you-mean.ts';
import type { Problem } from './problem.ts';
import type { RawStep } from './raw-pipeline.ts';
import type { YamlSource } from './yaml-source.ts';

/** Which steps of a list have ended when a step starts. */
export type Before = (step: RawStep) => ReadonlySet<string>;

/** The order of a list of steps: by `needs` where one step has them, else as they stand there. */
export function orderOf(steps: readonly RawStep[]): Before {
  const earlier = (step: RawStep): RawStep[] => steps.slice(0, steps.indexOf(step));
  const direct = (step: RawStep): RawStep[] =>
    step.needs ? steps.filter(({ id }) => id !== undefined && step.needs?.includes(id)) : earlier(step);
  return (step) => {
    const found = new Set<RawStep>();
    const visit = (from: RawStep): void => {
      for (const needed of direct(from)) {
        if (found.has(needed)) continue;
        found.add(needed);
        visit(needed);
      }
    };
    visit(step);
    found.delete(step);
    return new Set([...found].flatMap(({ id }) => id ?? []));
  };
}

/** The steps on a way of needs from a step back to itself, in that order. */
function cycleFrom(start: RawStep, steps: readonly RawStep[]): RawStep[] | undefined {
  const tried = new Set<RawStep>();
  const search = (step: RawStep): RawStep[] | undefined => {
    for (const needed of steps.filter(({ id }) => id !== undefined && step.needs?.includes(id))) {
      if (needed === start) return [step];
      if (tried.has(needed)) continue;
      tried.add(needed);
      const way = search(needed);
      if (way) return [step, ...way];
    }
    return undefined;
  };
  return search(start);
}

/** That needs name steps of the list that come before, run in no circle, and are given for all steps or none. */
export function checkNeeds(source: YamlSource, steps: readonly RawStep[]): Problem[] {
  if (!steps.some(({ needs }) => needs)) return [];
  const ids = steps.flatMap(({ id }) => id ?? []);
  const inCycle = new Set<RawStep>();

  return steps.flatMap((step, index): Problem[] => {
    if (!step.needs) {
      const fix =
        index === 0
          ? 'add needs: []'
          : `add needs: [${steps[index - 1]?.id ?? ''}], or needs: [] to start at once`;
      const message = `other steps have needs, and ${step.id ?? 'this one'} has none`;
      return [{ ...source.place(step.path), code: 'mixed-needs', message, fix }];
    }
    const problems: Problem[] = [];
    const cycle = inCycle.has(step) ? undefined : cycleFrom(step, steps);
    if (cycle) {
      cycle.forEach((member) => inCycle.add(member));
      const way = [...cycle, step].map(({ id }) => id).join(' needs ');
      const message = `${way}: none of them could ever start`;
      problems.push({
        ...source.placeOfKey([...step.path, 'needs']),
        code: 'cycle',
        message,
        fix: 'take one of these needs out',
      });
    }
    const raw = step.fields['needs'] as unknown[];
    for (const [at, need] of raw.entries()) {
      if (typeof need !== 'string') continue;
      const place = source.place([...step.path, 'needs', at]);
      const position = ids.indexOf(need);
      if (position < 0) {
        problems.push({
          ...place,
          code: 'unknown-step',
          message: `there is no step ${need}`,
          fix: didYouMean(need, ids),
        });
      } else if (!inCycle.has(step) && steps.findIndex(({ id }) => id === need) > index) {
        const message = `${need} stands below ${step.id ?? 'this step'}, which needs it`;
        problems.push({ ...place, code: 'later-step', message, fix: `move ${need} up` });
      }
    }
    return problems;
  });
}
