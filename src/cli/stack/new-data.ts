import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Configuration } from '../../config.ts';
import { PipelineFolder } from '../../spec/pipeline-folder.ts';

/** Where new data is to be heard of. */
export interface Watched {
  bucket: string;
  prefix: string;
}

/** Where the data of a configuration's pipelines lands. */
export async function watchedBy({ pipelines, folder }: Configuration): Promise<Watched[]> {
  const definitions = await new PipelineFolder(pipelines, folder).loadValid();
  return definitions.flatMap(({ events = [] }) => events.map(({ bucket, prefix }) => ({ bucket, prefix })));
}

const QUEUE = 'new-data';
/** How often a message comes before it is put aside. */
const MOST_RECEIVES = 5;

/** Lets the local S3 tell a queue of new objects; returns the queue's URL. What nobody can use ends in `new-data-dead`. */
export async function watchBuckets(endpoint: string, watched: readonly Watched[]): Promise<string> {
  const aws = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client({ ...aws, forcePathStyle: true });
  const sqs = new SQSClient(aws);
  const create = async (name: string, attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    return { url: QueueUrl, arn: Attributes?.['QueueArn'] ?? '' };
  };
  const dead = await create(`${QUEUE}-dead`, {});
  const redrive = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: MOST_RECEIVES });
  const { url, arn } = await create(QUEUE, { RedrivePolicy: redrive });
  for (const bucket of new Set(watched.map((each) => each.bucket))) {
    // It may be there.
    await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch(() => {});
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: {
          QueueConfigurations: prefixesOf(bucket, watched).map((prefix) => ({
            QueueArn: arn,
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } },
          })),
        },
      }),
    );
  }
  s3.destroy();
  sqs.destroy();
  return url;
}

/** S3 refuses prefixes of which one begins with another. */
function prefixesOf(bucket: string, watched: readonly Watched[]): string[] {
  const all = [...new Set(watched.flatMap((each) => (each.bucket === bucket ? [each.prefix] : [])))];
  return all.filter((prefix) => !all.some((other) => other !== prefix && prefix.startsWith(other)));
}
