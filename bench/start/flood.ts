import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { NewDataProgress } from '../../src/domain/new-data.ts';
import { newDataId } from '../../src/domain/new-data.ts';
import { inParallel } from '../../src/domain/parallel.ts';
import type { Part } from '../harness/bench.ts';
import { measured, median } from '../harness/figure.ts';
import { dayOf, until, withNewData } from './new-data-world.ts';

const PART = 'flood';
const FILES_A_DAY = 700;
const DUPLICATES = 3 / 7;
const MOST_BACKLOG = 3_000;
const LOOK_EVERY_MS = 500;

/** Many notifications, three tenths of them duplicates, in random order: one run for each interval, and flat memory. */
export const flood: Part = async (bench) => {
  const days = bench.quick ? 10 : 100;
  const files = days * FILES_A_DAY;
  const total = files + Math.round(files * DUPLICATES);
  const began = new Map<string, number>();
  const onRun = (workflowId: string) => void began.set(workflowId, (began.get(workflowId) ?? 0) + 1);
  return withNewData(bench, { count: FILES_A_DAY }, onRun, async ({ client, sqs, queueUrl, consumer }) => {
    bench.say(`flood: ${total} notifications of ${files} files of ${days} days …`);
    const order = shuffled(total, files);
    const memory: number[] = [];
    const sampling = setInterval(() => memory.push(process.memoryUsage().rss / 2 ** 20), LOOK_EVERY_MS);
    const startedAt = performance.now();
    let sent = 0;
    const tens = Array.from({ length: Math.ceil(total / 10) }, (_, nth) => nth * 10);
    await inParallel(tens, 8, async (from) => {
      await until(() => sent - consumer.counts.accepted < MOST_BACKLOG, 600_000);
      const Entries = [...order.subarray(from, from + 10)].map((nth, at) => ({
        Id: String(at),
        MessageBody: notification(nth),
      }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      sent += Entries.length;
    });
    await until(() => consumer.counts.accepted >= total && began.size >= days, 600_000);
    const seconds = (performance.now() - startedAt) / 1_000;
    clearInterval(sampling);
    const runs = [...began.values()].reduce((sum, count) => sum + count, 0);
    if (runs !== days) throw new Error(`${runs} runs were started for ${days} days`);
    for (let nth = 0; nth < days; nth += 1) {
      const handle = client.workflow.getHandle(newDataId('bench', dayOf(nth)));
      const { files: known, late, runs } = await handle.query<NewDataProgress>('progress');
      if (known !== FILES_A_DAY || late.count !== 0 || runs !== 1)
        throw new Error(`${dayOf(nth)} has ${known} files, ${late.count} late ones, ${runs} runs`);
    }
    const quarter = Math.ceil(memory.length / 4);
    const [second, last] = [memory.slice(quarter, 2 * quarter), memory.slice(-quarter)];
    const label = { part: PART, unit: 'MB' };
    return [
      measured({ part: PART, what: `${total} notifications to ${days} runs, each started once`, unit: 's' }, [
        seconds,
      ]),
      measured({ part: PART, what: 'notifications a second', unit: '1/s' }, [total / seconds]),
      measured({ part: PART, what: 'signals', unit: '' }, [consumer.counts.signals]),
      measured({ ...label, what: 'memory of worker and consumer, at its end' }, last),
      measured({ part: PART, what: 'the same beside its second quarter', unit: '×', atMost: 1.2 }, [
        median(last) / median(second),
      ]),
    ];
  });
};

const notification = (nth: number): string => {
  const key = `in/${dayOf(nth % 1_000)}/f${Math.floor(nth / 1_000)}`;
  return JSON.stringify({
    Records: [
      {
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: 'raw' }, object: { key, size: 1, sequencer: nth.toString(16) } },
      },
    ],
  });
};

/** Each file once, and some once more, in random order. A file's number is its day and, in thousands, its own. */
function shuffled(total: number, files: number): Int32Array {
  const days = files / FILES_A_DAY;
  const numberOf = (nth: number) => (nth % days) + Math.floor(nth / days) * 1_000;
  const order = Int32Array.from({ length: total }, (_, nth) =>
    numberOf(nth < files ? nth : Math.floor(Math.random() * files)),
  );
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}
