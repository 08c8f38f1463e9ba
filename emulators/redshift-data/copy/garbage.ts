import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const ENOUGH_BYTES = 180 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Collects what a row group left behind before the next one is decoded, once there is much of it: V8 by itself would let
 * it lie as long as the machine has memory.
 */
export const collectGarbage = (): void => {
  if (process.memoryUsage.rss() > ENOUGH_BYTES) collect();
};
