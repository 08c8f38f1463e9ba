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

/** Something with a beginning and an end: an instance, or one attempt of it. */
interface Span {
  id: string;
  status: InstanceStatus;
  /** Its own fields as the API shows them, without those of its component. */
  fields(): Field[];
  end(status: InstanceStatus, errorMessage?: string): InstanceStatus;
}

export interface Instance extends Span {
  component: Component;
  attempts: Span[];
  startAttempt(): Span;
}

function createSpan(id: string, status: InstanceStatus, own: (span: Span) => Field[]): Span {
  const startedAt = new Date();
  let endedAt: Date | undefined;
  let error: string | undefined;
  const span: Span = {
    id,
    status,
    end(ended, errorMessage) {
      endedAt = new Date();
      error = errorMessage;
      return (span.status = ended);
    },
    fields: () => [
      { key: '@status', stringValue: span.status },
      { key: '@actualStartTime', stringValue: timestamp(startedAt) },
      ...(endedAt === undefined ? [] : [{ key: '@actualEndTime', stringValue: timestamp(endedAt) }]),
      ...(error === undefined ? [] : [{ key: 'errorMessage', stringValue: error }]),
      ...own(span),
    ],
  };
  return span;
}

/** An instance is named after its component and the second that it was scheduled for. */
export function createInstance(
  component: Component,
  scheduledAt: Date,
  status: InstanceStatus = 'WAITING_ON_DEPENDENCIES',
): Instance {
  const scheduled = timestamp(scheduledAt);
  const id = `@${component.id}_${scheduled}`;
  const attempts: Span[] = [];
  const common: Field[] = [
    { key: '@componentParent', refValue: component.id },
    { key: '@scheduledStartTime', stringValue: scheduled },
    { key: '@scheduledEndTime', stringValue: scheduled },
  ];
  const span = createSpan(id, status, () => {
    const head = attempts.at(-1);
    return [
      { key: '@sphere', stringValue: 'INSTANCE' },
      ...common,
      ...(head === undefined ? [] : [{ key: '@headAttempt', refValue: head.id }]),
    ];
  });
  return Object.assign(span, {
    component,
    attempts,
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
  });
}
