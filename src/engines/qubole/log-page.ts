import type { LogPage } from '../../ports.ts';
import type { QuboleApi } from './api.ts';

interface Position {
  ended: number;
  running: number;
}

/**
 * The lines that came since. QDS keeps the log of a running command and that of an ended one, which begins anew and
 * has all of it; it says how many bytes of each it has just given.
 */
export async function logPage(api: QuboleApi, id: string, from: string | undefined): Promise<LogPage> {
  const position = read(from);
  const { text, bytes } = await api.log(id, position);
  const all = Buffer.from(text);
  // An older QDS takes no positions and gives all of it each time.
  if (bytes === undefined) return page(all.subarray(position.running), { ended: 0, running: all.length });
  const { ended, running } = bytes;
  if (ended > 0) {
    const newBytes = Math.max(ended + running - position.running, 0);
    return page(tail(all, newBytes), { ended: position.ended + ended, running });
  }
  // The last line may not be whole yet.
  const whole = tail(all, running);
  const cut = whole.lastIndexOf('\n') + 1;
  return page(whole.subarray(0, cut), { ...position, running: position.running + cut });
}

const tail = (all: Buffer, bytes: number): Buffer => all.subarray(all.length - Math.min(bytes, all.length));

const page = (bytes: Buffer, { ended, running }: Position): LogPage => {
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  return { lines: bytes.length === 0 ? [] : text.split(/\r?\n/), next: `${ended}.${running}` };
};

function read(from: string | undefined): Position {
  const [ended = 0, running = 0] = (from ?? '0.0').split('.').map(Number);
  return { ended, running };
}
