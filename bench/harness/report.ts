import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { table } from '../../src/cli/output.ts';
import { foundTools, packageRoot } from '../../src/config.ts';
import { isMet, type Figure } from './figure.ts';

/** A run of the benchmarks, as it is saved. */
export interface Report {
  suite: string;
  quick: boolean;
  startedAt: string;
  endedAt: string;
  /** Of the clone, and whether there was something in it that isn't in that commit. */
  commit: string;
  changed: boolean;
  machine: Record<string, string | number>;
  versions: Record<string, string>;
  /** Over one minute; a load of others before the start makes every figure worth less. */
  load: { before: number; after: number };
  figures: Figure[];
}

/** Notes the surroundings now; what it gives makes the report once the figures are there. */
export function beginReport(suite: string, quick: boolean): (figures: Figure[]) => Report {
  const startedAt = new Date().toISOString();
  const before = loadavg()[0]!;
  return (figures) => ({
    suite,
    quick,
    startedAt,
    endedAt: new Date().toISOString(),
    commit: firstLine('git', ['-C', packageRoot(), 'rev-parse', 'HEAD']),
    changed: firstLine('git', ['-C', packageRoot(), 'status', '--porcelain']) !== '',
    machine: {
      cores: cpus().length,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      memoryGB: round(totalmem() / 2 ** 30),
      system: `${process.platform} ${process.arch}`,
    },
    versions: versions(),
    load: { before: round(before), after: round(loadavg()[0]!) },
    figures,
  });
}

export function saveReport(file: string, report: Report): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** The figures for people. */
export function reportTable({ figures }: Report): string {
  const rows = figures.map((figure) => {
    const { part, what, unit, value, baseline, ratio, atMost } = figure;
    const met = isMet(figure);
    return [
      part,
      what,
      `${shown(value)} ${unit}`,
      baseline === undefined ? '' : `${shown(baseline.value)} ${unit}, ${baseline.what}`,
      ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
      atMost === undefined ? '' : `≤ ${atMost} ${ratio === undefined ? unit : '×'}`,
      met === undefined ? '' : met ? 'met' : 'missed',
    ];
  });
  return table([['part', 'what', 'value', 'baseline', 'ratio', 'target', ''], ...rows]);
}

function versions(): Record<string, string> {
  const { version, dependencies } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const { temporal } = foundTools();
  return {
    millrace: version,
    node: process.version,
    '@temporalio/worker': dependencies['@temporalio/worker'] ?? 'unknown',
    '@duckdb/node-api': dependencies['@duckdb/node-api'] ?? 'unknown',
    temporal: temporal === null ? 'none' : firstLine(temporal, ['--version']),
  };
}

function firstLine(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    )[0]!;
  } catch {
    return 'unknown';
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
const shown = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
