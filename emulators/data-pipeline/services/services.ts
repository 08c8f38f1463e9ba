import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { createRedshift, type Redshift } from './redshift.ts';
import { createS3, type S3 } from './s3.ts';

/** How the stand-in reaches other services; what is not said is taken from the AWS SDK's own variables. */
export interface AwsSettings {
  region?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  endpoints?: { s3?: string; redshiftData?: string; sns?: string };
}

/** What activities, preconditions and alarms work with. */
export interface Services {
  s3: S3;
  redshift: Redshift;
  publish(message: { TopicArn: string; Subject: string; Message: string }): Promise<void>;
  close(): void;
}

export function createServices({ region, credentials, endpoints = {} }: AwsSettings): Services {
  const common = { ...(region !== undefined && { region }), ...(credentials && { credentials }) };
  const at = (endpoint: string | undefined) => ({ ...common, ...(endpoint !== undefined && { endpoint }) });
  const s3 = createS3(at(endpoints.s3));
  const redshift = createRedshift(at(endpoints.redshiftData));
  const sns = new SNSClient(at(endpoints.sns));
  return {
    s3,
    redshift,
    async publish(message) {
      await sns.send(new PublishCommand(message));
    },
    close() {
      s3.close();
      redshift.close();
      sns.destroy();
    },
  };
}
