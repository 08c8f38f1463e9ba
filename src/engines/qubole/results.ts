import { z } from 'zod';
import type { ObjectStore } from '../../ports.ts';
import type { QuboleApi } from './api.ts';

/** The results of a done command as text: those that QDS gives at once, or those that it left in S3. */
export async function resultsOf(api: QuboleApi, store: ObjectStore, id: string): Promise<string> {
  const results = await api.results(id);
  if (results.inline) return z.string().parse(results.results);
  const texts: string[] = [];
  for (const location of z.array(z.string()).parse(results.result_location)) {
    for (const { path } of await store.list(location)) {
      texts.push(Buffer.from(await store.read(path)).toString('utf8'));
    }
  }
  return texts.join('');
}
