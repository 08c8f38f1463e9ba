#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main);
} else {
  process.stderr.write('millrace: this clone is not built yet; run `npm run setup` first\n');
  process.exitCode = 2;
}
