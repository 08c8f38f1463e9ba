import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { RunPlan } from '../src/domain/plan.ts';
import type { StepProgress } from '../src/domain/run.ts';

const PIPELINE = defineSearchAttributeKey('MillracePipeline', SearchAttributeType.KEYWORD);
const INTERVAL = defineSearchAttributeKey('MillraceInterval', SearchAttributeType.KEYWORD);
const TRIGGER = defineSearchAttributeKey('MillraceTrigger', SearchAttributeType.KEYWORD);
const INTERVAL_START = defineSearchAttributeKey('MillraceIntervalStart', SearchAttributeType.DATETIME);

type Plan = RunPlan & { role: 'run' };

/** Makes the run findable: by a memo, which any Temporal takes, and by search attributes where they are registered. */
export function tellTemporal({ definition, interval, trigger, settings }: Plan): void {
  upsertMemo({ trigger: trigger.kind });
  if (!settings.searchAttributes) return;
  upsertSearchAttributes([
    { key: PIPELINE, value: definition.name },
    { key: INTERVAL, value: interval.id },
    { key: TRIGGER, value: trigger.kind },
    { key: INTERVAL_START, value: new Date(interval.start) },
  ]);
}

/** Keeps the page of the run in Temporal's web UI a readable story. Costs no event. */
export function showInTemporal(
  { definition, interval, trigger }: Plan,
  /** The run's status, with what there is to say of it. */
  status: string,
  steps: StepProgress[],
): void {
  const rows = steps.map(({ id, kind, state, attempt, detail, failure, result }) => {
    const words =
      detail ?? failure?.message ?? (typeof result?.['rows'] === 'number' ? `${result['rows']} rows` : '');
    return `| ${id} | ${kind} | ${state} | ${attempt || ''} | ${cell(words)} |`;
  });
  setCurrentDetails(
    [
      `**${definition.name}** for **${interval.id}**, started by ${trigger.kind}: **${status}**`,
      '',
      '| step | kind | state | attempt | |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
  );
}

const cell = (words: string): string => words.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300);
