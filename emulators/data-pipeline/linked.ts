/**
 * Aborted as soon as one of the signals is. Node 20 may forget a signal made by `AbortSignal.any` that only its own
 * listeners hold.
 */
export function linked(...signals: AbortSignal[]): AbortController {
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = () => controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true, signal: controller.signal });
  }
  return controller;
}
