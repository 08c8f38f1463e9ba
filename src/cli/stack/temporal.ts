import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import type { Family } from './family.ts';
import { LOOPBACK } from './port.ts';
import { untilReady } from './readiness.ts';

export interface TemporalOptions {
  family: Family;
  executable: string;
  env: NodeJS.ProcessEnv;
  port: number;
  uiPort: number;
  /** Where the database is; in memory without. */
  dataFolder: string | undefined;
  signal: AbortSignal;
}

/**
 * Temporal's development server with its web UI, ready for runs.
 * https://docs.temporal.io/cli/server
 */
export async function startTemporal(options: TemporalOptions): Promise<void> {
  const { family, executable, env, port, uiPort, dataFolder, signal } = options;
  const args = ['server', 'start-dev', '--ip', LOOPBACK, '--ui-ip', LOOPBACK, '--ui-disable-news-fetch'];
  args.push('--port', String(port), '--ui-port', String(uiPort), '--log-level', 'error');
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES))
    args.push('--search-attribute', `${name}=${type}`);
  if (dataFolder === undefined) {
    // One worker needs no more of each task queue. A database that was kept may have tasks in the others.
    for (const side of ['Read', 'Write'])
      args.push('--dynamic-config-value', `matching.numTaskqueue${side}Partitions=1`);
  } else {
    args.push('--db-filename', join(dataFolder, 'temporal.db'));
    // Twice as fast as SQLite's defaults; a power cut may cost the last moments.
    args.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1');
  }
  const server = await family.start({ name: 'temporal', command: executable, args, env });

  const connection = Connection.lazy({ address: `${LOOPBACK}:${port}` });
  try {
    await untilReady(server, signal, async () => {
      const { customAttributes } = await connection.withDeadline(Date.now() + 2_000, () =>
        connection.operatorService.listSearchAttributes({ namespace: 'default' }),
      );
      return Object.keys(SEARCH_ATTRIBUTES).every((name) => name in (customAttributes ?? {}));
    });
  } finally {
    await connection.close();
  }
}
