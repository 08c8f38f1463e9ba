import { expect, test } from '@jest/globals';
import { loadText, words } from './load-text.ts';

const note = (message: string) => `notify: { webhook: w, message: "${message}" }`;

test('finally, onSuccess, timeout and forEach become parts of the definition', async () => {
  const { definition, problems } = await loadText(`name: p
timeout: 8h
params: { airports: [JFK] }
steps:
  - { id: a, forEach: "\${params.airports}", ${note('${item}')} }
  - { id: b, forEach: [1, { x: "\${steps.a.count}" }], concurrency: 2, ${note('${string(item)}')} }
finally:
  - { id: c, ${note('${steps.b.state}')} }
  - { id: d, timeout: 2h, ${note('${steps.c.state}')} }
onSuccess: [{ id: e, ${note('${steps.a.count} ${steps.d.state}')} }]
onFailure: [{ id: f, ${note('${failure.step} ${steps.e.state}')} }]
`);
  expect(problems).toEqual([]);
  expect(definition).toMatchObject({
    timeoutMs: 28_800_000,
    steps: [
      { forEach: { list: '${params.airports}', concurrency: 4 } },
      { forEach: { list: [1, { x: '${steps.a.count}' }], concurrency: 2 } },
    ],
    finally: [
      { id: 'c', timeoutMs: 3_600_000 },
      { id: 'd', timeoutMs: 7_200_000 },
    ],
    onSuccess: [{ id: 'e' }],
    onFailure: [{ id: 'f' }],
  });
});

test.each([
  [
    `{ id: a, concurrency: 2, ${note('x')} }`,
    'conflicting-fields 3:14: concurrency is for a step with forEach; add forEach, or leave it out',
  ],
  [
    `{ id: a, forEach: params.x, ${note('x')} }`,
    'wrong-type 3:23: forEach is the text "params.x", and no list; write a list, or an expression that comes to one, like ${params.airports}',
  ],
  [
    `{ id: a, ${note('${item}')} }`,
    'unknown-root 3:48: item is only known in what a step with forEach does; add forEach to the step',
  ],
  [
    `{ id: a, forEach: [1], when: item > 0, ${note('x')} }`,
    'unknown-root 3:34: item is only known in what a step with forEach does; add forEach to the step',
  ],
  [
    `{ id: a, forEach: ["\${steps.b.x}"], ${note('x')} }`,
    'unknown-step 3:27: there is no step b; there are: a',
  ],
])('%s is refused', async (step, problem) => {
  expect(words(await loadText(`name: p\nsteps:\n  - ${step}\n`))).toEqual([problem]);
});

test('a list sees what ran before it, and nothing else', async () => {
  const text = `name: p
steps: [{ id: a, ${note('${steps.c.state}')} }]
finally: [{ id: c, ${note('${steps.d.state} ${failure.step}')} }]
onSuccess: [{ id: d, ${note('x')} }]
`;
  expect(words(await loadText(text)).map((line) => line.split(';')[0])).toEqual([
    'unknown-step 2:52: there is no step c',
    'unknown-step 3:54: there is no step d',
    'unknown-root 3:71: failure is only known in onFailure',
  ]);
});
