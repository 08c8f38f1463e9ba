import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFamily, type Family } from '../../src/cli/stack/family.ts';
import type { Figure } from './figure.ts';

/** What a part of a suite gets. */
export interface Bench {
  quick: boolean;
  /** Of this part alone; removed after it, unless it fails. */
  folder: string;
  /** Its processes; those that are left are ended after it. */
  family: Family;
  say(text: string): void;
}

/** Measures one thing, and everything that belongs to it. */
export type Part = (bench: Bench) => Promise<Figure[]>;

const GRACE_MS = 10_000;

/** Runs a part in a temporary folder, and leaves no process; the folder stays only if the part fails, for its logs. */
export async function runPart(part: Part, quick: boolean, say: (text: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const family = createFamily(folder, ({ name }, how) => {
    if (how !== 'exit code 0') say(`${name} ended: ${how}`);
  });
  try {
    const figures = await part({ quick, folder, family, say });
    await family.stopAll(GRACE_MS);
    rmSync(folder, { recursive: true, force: true });
    return figures;
  } catch (error) {
    say(`failed; its logs are in ${folder}`);
    throw error;
  } finally {
    await family.stopAll(GRACE_MS);
  }
}

/**
 * Runs the contestants in turns, `rounds` times, each round in another order, after one round that doesn't count.
 * Returns the samples of each, by round.
 */
export async function inTurns<Name extends string, Sample>(
  rounds: number,
  contestants: Record<Name, () => Promise<Sample>>,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(contestants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + 1 + turn) % names.length]!;
      const sample = await contestants[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}
