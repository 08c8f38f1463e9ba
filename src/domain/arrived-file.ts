import { toInstant } from './instant.ts';

/** A file that has come, as a notification says it, or a person. */
export interface ArrivedFile {
  /** `s3://bucket/key`. */
  path: string;
  /** Of the object, in a bucket that keeps versions. */
  version?: string;
  /** S3's order of the events of one key: hexadecimal, to be compared from the left. */
  sequencer?: string;
  bytes?: number;
  /** ISO 8601: when it was written. */
  at?: string;
}

/**
 * Whether what is said of a file is news beside what is known of it: another version of it, and not an older one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function isNewer(file: ArrivedFile, known: ArrivedFile): boolean {
  if (file.sequencer !== undefined && known.sequencer !== undefined) {
    const length = Math.max(file.sequencer.length, known.sequencer.length);
    const padded = (text: string) => text.toLowerCase().padEnd(length, '0');
    return padded(file.sequencer) > padded(known.sequencer);
  }
  return file.version !== undefined && file.version !== known.version;
}

/** The payload of the signal `newData`. */
export interface NewDataBatch {
  files: ArrivedFile[];
}

const TEXTS = ['version', 'sequencer'] as const;

/**
 * Reads the payload of a signal, which anybody may have typed; a file may be its path alone. What cannot be read is
 * counted, because a signal has nobody to answer.
 */
export function readBatch(batch: unknown): { files: ArrivedFile[]; unreadable: number } {
  const list = (batch as Partial<NewDataBatch> | null | undefined)?.files;
  if (!Array.isArray(list)) return { files: [], unreadable: 1 };
  const files = (list as unknown[]).flatMap((file) => readFile(file) ?? []);
  return { files, unreadable: list.length - files.length };
}

function readFile(file: unknown): ArrivedFile | undefined {
  if (typeof file === 'string') return { path: file };
  const { path, bytes, at, ...rest } = (file ?? {}) as Record<string, unknown>;
  if (typeof path !== 'string') return undefined;
  const texts = TEXTS.flatMap((field) => (typeof rest[field] === 'string' ? [[field, rest[field]]] : []));
  const time = readTime(at);
  return {
    path,
    ...(typeof bytes === 'number' && { bytes }),
    ...(time !== undefined && { at: time }),
    ...Object.fromEntries(texts),
  } as ArrivedFile;
}

/** A time that can't be read is not said: the file itself is there. */
function readTime(at: unknown): string | undefined {
  try {
    return typeof at === 'string' ? toInstant(at) : undefined;
  } catch {
    return undefined;
  }
}
