import { z } from 'zod';

/*
 * What EMR Serverless's operations take: the parts that this stand-in looks at, the rest is let through.
 * https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_Operations.html
 */

export const APPLICATION_STATES = [
  'CREATING',
  'CREATED',
  'STARTING',
  'STARTED',
  'STOPPING',
  'STOPPED',
  'TERMINATED',
] as const;
export type ApplicationState = (typeof APPLICATION_STATES)[number];

export const JOB_RUN_STATES = [
  'SUBMITTED',
  'PENDING',
  'SCHEDULED',
  'RUNNING',
  'SUCCESS',
  'FAILED',
  'CANCELLING',
  'CANCELLED',
  'QUEUED',
] as const;
export type JobRunState = (typeof JOB_RUN_STATES)[number];

const token = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
const words = z.string().regex(/\S/);
export const tags = z.record(z.string(), z.string().max(256));
const autoStop = z.object({
  enabled: z.boolean().default(true),
  idleTimeoutMinutes: z.int().min(1).max(10_080).default(15),
});
const autoStart = z.object({ enabled: z.boolean().default(true) });

export const createApplication = z.looseObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._/#-]{1,64}$/)
    .optional(),
  releaseLabel: z.string().regex(/^[A-Za-z0-9._/-]{1,64}$/),
  type: z.string().min(1),
  clientToken: token,
  tags: tags.default({}),
  autoStartConfiguration: autoStart.prefault({}),
  autoStopConfiguration: autoStop.prefault({}),
});
export type CreateApplication = z.infer<typeof createApplication>;

export const updateApplication = z.looseObject({
  clientToken: token,
  autoStartConfiguration: autoStart.optional(),
  autoStopConfiguration: autoStop.optional(),
});

const sparkSubmit = z.object({
  entryPoint: words,
  entryPointArguments: z.array(z.string()).default([]),
  sparkSubmitParameters: words.optional(),
});
const hive = z.object({
  query: words.max(10_280),
  initQueryFile: words.optional(),
  parameters: words.optional(),
});

export const startJobRun = z.looseObject({
  clientToken: token,
  name: words.max(256).optional(),
  executionRoleArn: z.string().regex(/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/),
  jobDriver: z
    .union([z.strictObject({ sparkSubmit }), z.strictObject({ hive })], 'give sparkSubmit or hive')
    .optional(),
  configurationOverrides: z
    .looseObject({
      monitoringConfiguration: z
        .looseObject({ s3MonitoringConfiguration: z.looseObject({ logUri: z.string() }).optional() })
        .optional(),
    })
    .optional(),
  tags: tags.default({}),
});
export type StartJobRun = z.infer<typeof startJobRun>;
