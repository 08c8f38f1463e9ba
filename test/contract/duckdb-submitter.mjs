import { createDuckdbEngine } from '../../dist/src/engines/duckdb/engine.js';
import { createObjectStore } from '../../dist/src/storage/object-store.js';

/* A worker that submits one job when it hears a line, says what it got, and stays until it is killed. */
const { options, spec, key } = JSON.parse(process.argv[2] ?? '');
const engine = createDuckdbEngine({ ...options, store: createObjectStore({}) });
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  process.stdout.write(`${JSON.stringify(await engine.submit(spec, key))}\n`);
});
