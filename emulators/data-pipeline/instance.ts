import type { Component } from './definition.ts';
import { timestamp, type Field } from './protocol.ts';

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-interpret-status.html */
export type InstanceStatus =
  | 'WAITING_ON_DEPENDENCIES'
  | 'WAITING_FOR_RUNNER'
  | 'RUNNING'
  | 'FINISHED'
  | 'FAILED'
  | 'CASCADE_FAILED'
  | 'CANCELED';

const ENDED: readonly InstanceStatus[] = ['FINISHED', 'FAILED', 'CASCADE_FAILED', 'CANCELED'];

export const hasEnded = (status: InstanceStatus): boolean => ENDED.includes(status);

/** The interval that something runs for. */
export interface Slot {
  start: Date;
  end: Date;
}

/** Something with a beginning and an end: an instance, or one attempt of it. */
interface Span {
  id: string;
  status: InstanceStatus;
  /** Fields of its own beside those that every span has. */
  extra: Field[];
  /** Its own fields as the API shows them, without those of its component. */
  fields(): Field[];
  end(status: InstanceStatus, errorMessage?: string): InstanceStatus;
}

export interface Instance extends Span {
  component: Component;
  attempts: Span[];
  /** The dependencies that it waits for. */
  waitingOn: string[];
  /** Aborted when this instance alone is cancelled. */
  cancelled: AbortSignal;
  cancel(): void;
  startAttempt(): Span;
  /** Takes it up again, as a rerun does. */
  reopen(): void;
}

function createSpan(id: string, status: InstanceStatus, own: (span: Span) => Field[]): Span {
  const startedAt = new Date();
  let endedAt: Date | undefined;
  let error: string | undefined;
  const span: Span = {
    id,
    status,
    extra: [],
    end(ended, errorMessage) {
      endedAt = new Date();
      error = errorMessage;
      return (span.status = ended);
    },
    fields: () => [
      { key: '@status', stringValue: span.status },
      { key: '@actualStartTime', stringValue: timestamp(startedAt) },
      ...(endedAt === undefined || !hasEnded(span.status)
        ? []
        : [{ key: '@actualEndTime', stringValue: timestamp(endedAt) }]),
      ...(error === undefined || !hasEnded(span.status) ? [] : [{ key: 'errorMessage', stringValue: error }]),
      ...span.extra,
      ...own(span),
    ],
  };
  return span;
}

/** An instance is named after its component and the second that it was scheduled for. */
export function createInstance(
  component: Component,
  slot: Slot,
  status: InstanceStatus = 'WAITING_ON_DEPENDENCIES',
): Instance {
  const scheduled = timestamp(slot.start);
  const id = `@${component.id}_${scheduled}`;
  const attempts: Span[] = [];
  let cancelling = new AbortController();
  const common: Field[] = [
    { key: '@componentParent', refValue: component.id },
    { key: '@scheduledStartTime', stringValue: scheduled },
    { key: '@scheduledEndTime', stringValue: timestamp(slot.end) },
  ];
  const span = createSpan(id, status, () => {
    const head = attempts.at(-1);
    return [
      { key: '@sphere', stringValue: 'INSTANCE' },
      ...common,
      ...instance.waitingOn.map((refValue) => ({ key: '@waitingOn', refValue })),
      ...(head === undefined ? [] : [{ key: '@headAttempt', refValue: head.id }]),
    ];
  });
  const instance: Instance = Object.assign(span, {
    component,
    attempts,
    waitingOn: [],
    cancelled: cancelling.signal,
    cancel() {
      cancelling.abort(new Error('cancelled'));
      // What waits for others is not asked again before those have ended.
      if (span.status === 'WAITING_ON_DEPENDENCIES') span.end('CANCELED');
    },
    startAttempt() {
      const number = attempts.length + 1;
      const attempt = createSpan(`${id}_Attempt=${number}`, 'RUNNING', () => [
        { key: '@sphere', stringValue: 'ATTEMPT' },
        { key: '@instanceParent', refValue: id },
        { key: '@attemptNumber', stringValue: String(number) },
        ...common,
      ]);
      attempts.push(attempt);
      span.status = 'RUNNING';
      return attempt;
    },
    reopen() {
      cancelling = new AbortController();
      instance.cancelled = cancelling.signal;
      span.extra = [];
      span.status = 'WAITING_ON_DEPENDENCIES';
    },
  });
  return instance;
}
