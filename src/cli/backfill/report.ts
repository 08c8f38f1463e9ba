import type { BackfillReport } from '../../domain/backfill-progress.ts';
import { formatDuration } from '../../domain/duration.ts';
import { paint } from '../output.ts';

const WIDTH = 30;
/** The pace is that of the last minutes: what came before says little about what comes. */
const WINDOW_MS = 120_000;
const HOUR_MS = 3_600_000;

const ended = ({ done, already, failed }: BackfillReport): number => done + already + failed;

/** How fast a backfill goes, and when it will be done. */
export interface Speed {
  perHour: number;
  leftMs: number;
}

/** Reckons the pace from what it saw. */
export class Pace {
  #seen: { atMs: number; runs: number }[] = [];

  /** undefined while there is nothing to go by. */
  after(report: BackfillReport, nowMs: number): Speed | undefined {
    const { total, done, failed } = report;
    const runs = done + failed;
    this.#seen = [...this.#seen.filter(({ atMs }) => atMs > nowMs - WINDOW_MS), { atMs: nowMs, runs }];
    const [first] = this.#seen;
    if (!first || report.status === 'paused' || runs === first.runs || nowMs === first.atMs) return undefined;
    const perMs = (runs - first.runs) / (nowMs - first.atMs);
    return { perHour: perMs * HOUR_MS, leftMs: Math.max(0, total - ended(report)) / perMs };
  }
}

/** One line: `████──── 40 % 36 of 90, 2 failed, 4 running, 120/h, 27m left`. */
export function bar(report: BackfillReport, speed: Speed | undefined): string {
  const { total, failed, running, status } = report;
  const share = total === 0 ? 1 : Math.min(1, ended(report) / total);
  const full = Math.round(share * WIDTH);
  const words = [
    `${ended(report)} of ${total}`,
    failed > 0 ? paint('red', `${failed} failed`, process.stderr) : '',
    status === 'paused' ? paint('yellow', 'paused', process.stderr) : '',
    `${running.length} running`,
    ...(speed ? [rate(speed.perHour), `${roughly(speed.leftMs)} left`] : []),
  ];
  const line = `${'█'.repeat(full)}${'─'.repeat(WIDTH - full)} ${Math.floor(share * 100)} %`;
  return `${line} ${words.filter((word) => word !== '').join(', ')}`;
}

const rate = (perHour: number): string =>
  perHour >= 600 ? `${(perHour / 60).toFixed(0)}/min` : `${perHour.toFixed(perHour < 10 ? 1 : 0)}/h`;

/** To the minute, or to the second where there is no minute left. */
const roughly = (ms: number): string =>
  formatDuration(ms < 60_000 ? Math.ceil(ms / 1_000) * 1_000 : Math.ceil(ms / 60_000) * 60_000);

/** What it came to. */
export function reportLines(report: BackfillReport): string {
  const { pipeline, from, to, status, total, done, already, failed, running, failures, fault } = report;
  const counts = [
    `${done} done`,
    already > 0 ? `${already} done already` : '',
    failed > 0 ? `${failed} failed` : '',
    running.length > 0 ? `${running.length} running` : '',
  ];
  const head = `${pipeline} from ${from} to ${to}: ${status}; of ${total}: ${counts.filter(Boolean).join(', ')}`;
  const lines = failures.map(({ interval, type, message }) => `  ${interval}  ${type}: ${message}`);
  const again = `Again: millrace backfill ${pipeline} --from ${from} --to ${to}`;
  // What was never begun is no failed run, and what is done is left alone.
  const mend = fault
    ? [`  ${fault.type}: ${fault.message}`, ...lines, again]
    : [...lines, ...(failed > 0 ? [`${again} --failed`] : [])];
  return [head, ...mend].join('\n');
}
