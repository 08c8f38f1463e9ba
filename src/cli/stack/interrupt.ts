/** npm passes Ctrl-C on to a process that had it from the terminal already; both arrive within moments. */
const ECHO_MS = 1_000;

export interface Interrupt {
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  /** Aborted by another one, a second or more later. */
  hurry: AbortSignal;
  /** Resolves with the first. */
  interrupted: Promise<void>;
  /** Leaves the signals to others again. */
  dispose(): void;
}

/** Does a command's work until it is done or interrupted; an error that follows from the interruption is none. */
export async function untilInterrupted(work: (interrupt: Interrupt) => Promise<void>): Promise<void> {
  const interrupt = listenForInterrupt();
  // Whatever still hangs then is ended by the guard when we are gone.
  interrupt.hurry.addEventListener('abort', () => setImmediate(() => process.exit(130)));
  try {
    await work(interrupt);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    interrupt.dispose();
  }
}

/** Listens for Ctrl-C and SIGTERM: once means end in good order, twice means now. */
function listenForInterrupt(): Interrupt {
  const first = new AbortController();
  const second = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (!first.signal.aborted) {
      firstAt = Date.now();
      first.abort();
    } else if (Date.now() - firstAt > ECHO_MS) {
      second.abort();
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: first.signal,
    hurry: second.signal,
    interrupted: new Promise((resolve) => first.signal.addEventListener('abort', () => resolve())),
    dispose: () => signals.forEach((signal) => process.off(signal, onSignal)),
  };
}
