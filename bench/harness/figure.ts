/** One thing that was measured, with all its samples, so that nobody has to trust the median. */
export interface Figure {
  part: string;
  what: string;
  unit: string;
  /** The median of the samples, where `what` names no other quantile. */
  value: number;
  samples: number[];
  /** What it is held against, measured in the same run and in turns with it. */
  baseline?: { what: string; value: number; samples: number[] };
  /** The median of the ratios of each round: a machine that slows down slows both of a round. */
  ratio?: number;
  /** What it should be at most: the ratio where there is a baseline, else the value. */
  atMost?: number;
}

/** What a figure is called, and what it should come to. */
export type Label = Pick<Figure, 'part' | 'what' | 'unit' | 'atMost'>;

/** A figure of its own. */
export const measured = (label: Label, samples: number[]): Figure => ({
  ...label,
  value: median(samples),
  samples,
});

/** A figure beside its baseline; the n-th samples of both come from the same round. */
export function compared(
  label: Label,
  samples: number[],
  baseline: { what: string; samples: number[] },
): Figure {
  const ratios = samples.map((sample, round) => sample / baseline.samples[round]!);
  return {
    ...measured(label, samples),
    baseline: { ...baseline, value: median(baseline.samples) },
    ratio: median(ratios),
  };
}

/** Whether the target is met; undefined where there is none. */
export function isMet({ value, ratio, atMost }: Figure): boolean | undefined {
  return atMost === undefined ? undefined : (ratio ?? value) <= atMost;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** The sample below which the share `q` of them lies, with the step between neighbours evened out. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new Error('there is nothing to take a median of');
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}
