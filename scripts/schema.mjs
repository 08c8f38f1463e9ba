/**
 * Writes schema/pipeline.schema.json, which editors read, from the schema that the loader uses.
 * `--check` writes nothing and fails when the file is stale. Needs a build: it reads dist/.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { format, resolveConfig } from 'prettier';

const target = fileURLToPath(new URL('../schema/pipeline.schema.json', import.meta.url));
const { pipelineSchema } = await import('../dist/src/spec/pipeline-schema.js').catch((error) => {
  process.stderr.write(`schema: the build can't be read (${error.message}); run npm run build first\n`);
  process.exit(1);
});

const schema = JSON.stringify(z.toJSONSchema(pipelineSchema, { io: 'input' }));
const text = await format(schema, { ...(await resolveConfig(target)), filepath: target });

if (process.argv.includes('--check')) {
  const current = await readFile(target, 'utf8').catch(() => '');
  if (current !== text) {
    process.stderr.write('schema: schema/pipeline.schema.json is stale; run node scripts/schema.mjs\n');
    process.exitCode = 1;
  }
} else {
  await mkdir(new URL('../schema/', import.meta.url), { recursive: true });
  await writeFile(target, text);
}
