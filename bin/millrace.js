#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The AWS SDK warns of Node 20 at every start; which Node is needed stands in package.json.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// `millrace runs | head` closes the pipe before all is said.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main);
} else {
  process.stderr.write('millrace: this clone is not built yet; run `npm run setup` first\n');
  process.exitCode = 2;
}
