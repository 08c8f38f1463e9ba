import { createLogUpdate } from 'log-update';
import type { Progress, StepProgress } from '../../domain/run.ts';
import { paint, say, STATE_STYLE, table } from '../output.ts';
import { words } from '../progress.ts';

const MARK = {
  waiting: '·',
  running: '▸',
  lost: '?',
  done: '✓',
  skipped: '–',
  failed: '✗',
  cancelled: '×',
} as const;

/** The live display of several runs: a line for each, a mark for each step; off a terminal, a line for each change. */
export class Board {
  readonly #live = process.stderr.isTTY === true;
  readonly #update = createLogUpdate(process.stderr);
  #picture = '';
  readonly #seen = new Map<string, string>();

  show(runs: Progress[]): void {
    if (!this.#live) for (const run of runs) this.#tell(run);
    else if (runs.length > 0) this.#update((this.#picture = table(runs.map(lineOf))));
  }

  /** A line of its own, above the picture. */
  say(text: string): void {
    if (this.#picture !== '') this.#update.clear();
    say(text);
    if (this.#picture !== '') this.#update(this.#picture);
  }

  /** Leaves the last picture where it is. */
  done(): void {
    if (this.#live) this.#update.done();
    this.#picture = '';
  }

  #tell({ workflowId, steps }: Progress): void {
    for (const step of steps) {
      const key = `${workflowId} ${step.id}`;
      const line =
        `${key} ${step.state}${step.attempt > 1 ? ` attempt ${step.attempt}` : ''} ${words(step)}`.trimEnd();
      if (step.state === 'waiting' || this.#seen.get(key) === line) continue;
      this.#seen.set(key, line);
      say(line);
    }
  }
}

function lineOf({ interval, steps }: Progress): string[] {
  const marks = steps.map(({ id, state }) =>
    paint(STATE_STYLE[state], `${MARK[state]} ${id}`, process.stderr),
  );
  const busy = steps.find(({ state }) => state === 'running' || state === 'lost');
  return [interval, ...marks, busy ? paint('dim', shorten(busy), process.stderr) : ''];
}

const shorten = (step: StepProgress): string => {
  const text = words(step);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};
