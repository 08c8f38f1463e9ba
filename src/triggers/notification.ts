import { z } from 'zod';

/** An object that S3 says was written. */
export interface Notice {
  bucket: string;
  key: string;
  version?: string;
  sequencer?: string;
  bytes?: number;
  /** ISO 8601. */
  at?: string;
}

/**
 * What a message is: `data`; S3's `test` of a new subscription; `foreign`, which is well formed and not about new objects;
 * or `malformed`. A message may hold notices and something foreign beside them.
 */
export interface Notification {
  kind: 'data' | 'test' | 'foreign' | 'malformed';
  notices: Notice[];
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
const record = z.object({
  eventSource: z.literal('aws:s3'),
  eventName: z.string(),
  eventTime: z.string().optional(),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().optional(),
      versionId: z.string().nullish(),
      sequencer: z.string().optional(),
    }),
  }),
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
const bridged = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  time: z.string().optional(),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().optional(),
      'version-id': z.string().nullish(),
      sequencer: z.string().optional(),
    }),
  }),
});

// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
const wrapped = z.object({ Type: z.literal('Notification'), Message: z.string() });

const CREATED = /^(s3:)?ObjectCreated:/;

/** Reads the text of a message: S3's own form, the same in an SNS envelope, or EventBridge's form. */
export function readNotification(text: string): Notification {
  try {
    return notificationOf(JSON.parse(text));
  } catch {
    return { kind: 'malformed', notices: [] };
  }
}

/** The same for a value that was read already, as Lambda has it. */
export function notificationOf(value: unknown): Notification {
  const envelope = wrapped.safeParse(value);
  if (envelope.success) return readNotification(envelope.data.Message);
  if (typeof value !== 'object' || value === null) return { kind: 'malformed', notices: [] };
  if ('Event' in value && value.Event === 's3:TestEvent') return { kind: 'test', notices: [] };
  if ('Records' in value && Array.isArray(value.Records)) return ofRecords(value.Records);
  if ('source' in value && 'detail-type' in value) return ofEventBridge(value);
  return { kind: 'foreign', notices: [] };
}

function ofRecords(records: unknown[]): Notification {
  const each = records.map(ofRecord);
  const worst = (['malformed', 'foreign'] as const).find((kind) => each.includes(kind));
  return {
    kind: worst ?? (each.length === 0 ? 'foreign' : 'data'),
    notices: each.filter((notice) => typeof notice === 'object'),
  };
}

function ofRecord(value: unknown): Notice | 'foreign' | 'malformed' {
  const { eventSource, eventName } = (value ?? {}) as Record<string, unknown>;
  if (eventSource !== 'aws:s3' || (typeof eventName === 'string' && !CREATED.test(eventName)))
    return typeof value === 'object' && value !== null ? 'foreign' : 'malformed';
  const read = record.safeParse(value);
  if (!read.success) return 'malformed';
  const { s3, eventTime } = read.data;
  const { key, size, versionId, sequencer } = s3.object;
  const decoded = decodedKey(key);
  if (decoded === undefined) return 'malformed';
  return notice(s3.bucket.name, decoded, { versionId, sequencer, size, at: eventTime });
}

/** Keys are form-encoded there. */
function decodedKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function ofEventBridge(value: object): Notification {
  const read = bridged.safeParse(value);
  if (!read.success) {
    const { source, 'detail-type': type } = value as Record<string, unknown>;
    const isOurs = source === 'aws.s3' && type === 'Object Created';
    return { kind: isOurs ? 'malformed' : 'foreign', notices: [] };
  }
  const { detail, time } = read.data;
  const { key, size, sequencer, 'version-id': versionId } = detail.object;
  return {
    kind: 'data',
    notices: [notice(detail.bucket.name, key, { versionId, sequencer, size, at: time })],
  };
}

interface More {
  versionId: string | null | undefined;
  sequencer: string | undefined;
  size: number | undefined;
  at: string | undefined;
}

const notice = (bucket: string, key: string, { versionId, sequencer, size, at }: More): Notice => ({
  bucket,
  key,
  ...(versionId != null && { version: versionId }),
  ...(sequencer !== undefined && { sequencer }),
  ...(size !== undefined && { bytes: size }),
  ...(at !== undefined && { at }),
});
