import { createObjectStore } from '../../src/storage/object-store.ts';
import { createDuckdbEngine, type DuckdbOptions } from '../../src/engines/duckdb/engine.ts';
import type { JobSpec } from '../../src/ports.ts';

/* A worker that submits one job when it hears a line, says what it got, and stays until it is killed. */
const { options, spec, key } = JSON.parse(process.argv[2] ?? '') as {
  options: Omit<DuckdbOptions, 'store'>;
  spec: JobSpec;
  key: string;
};
const engine = createDuckdbEngine({ ...options, store: createObjectStore({}) });
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  process.stdout.write(`${JSON.stringify(await engine.submit(spec, key))}\n`);
});
