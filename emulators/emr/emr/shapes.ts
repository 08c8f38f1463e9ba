import { z } from 'zod';

/*
 * What EMR's operations take: the parts that this stand-in looks at, the rest is let through.
 * https://docs.aws.amazon.com/emr/latest/APIReference/API_Operations.html
 */

export const CLUSTER_STATES = [
  'STARTING',
  'BOOTSTRAPPING',
  'RUNNING',
  'WAITING',
  'TERMINATING',
  'TERMINATED',
  'TERMINATED_WITH_ERRORS',
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

export const STEP_STATES = [
  'PENDING',
  'CANCEL_PENDING',
  'RUNNING',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'INTERRUPTED',
] as const;
export type StepState = (typeof STEP_STATES)[number];

const name = z.string().max(256);
const text = z.string().max(10_280);

export const stepConfig = z.object({
  Name: name,
  ActionOnFailure: z
    .enum(['TERMINATE_JOB_FLOW', 'TERMINATE_CLUSTER', 'CANCEL_AND_WAIT', 'CONTINUE'])
    .default('TERMINATE_CLUSTER'),
  HadoopJarStep: z.object({
    Jar: text,
    MainClass: text.optional(),
    Args: z.array(text).default([]),
    Properties: z.array(z.object({ Key: text, Value: text })).default([]),
  }),
});
export type StepConfig = z.infer<typeof stepConfig>;

export const policy = z.object({ IdleTimeout: z.int().min(60).max(604_800).default(3_600) });

const tag = z.object({ Key: z.string(), Value: z.string().default('') });
export const tags = z.array(tag);

const group = z.looseObject({
  Name: z.string().optional(),
  InstanceRole: z.enum(['MASTER', 'CORE', 'TASK']),
  InstanceType: z.string(),
  InstanceCount: z.int().min(1),
  Market: z.enum(['ON_DEMAND', 'SPOT']).default('ON_DEMAND'),
});
export type InstanceGroup = z.infer<typeof group>;

export const runJobFlow = z.looseObject({
  Name: name,
  LogUri: text.optional(),
  ReleaseLabel: name.optional(),
  Instances: z.looseObject({
    MasterInstanceType: name.optional(),
    SlaveInstanceType: name.optional(),
    InstanceCount: z.int().optional(),
    InstanceGroups: z.array(group).optional(),
    InstanceFleets: z.array(z.looseObject({})).optional(),
    KeepJobFlowAliveWhenNoSteps: z.boolean().default(false),
    TerminationProtected: z.boolean().default(false),
  }),
  Steps: z.array(stepConfig).default([]),
  BootstrapActions: z
    .array(
      z.object({
        Name: name,
        ScriptBootstrapAction: z.object({ Path: text, Args: z.array(text).default([]) }),
      }),
    )
    .default([]),
  Applications: z.array(z.looseObject({ Name: z.string() })).default([]),
  JobFlowRole: text.optional(),
  ServiceRole: text.optional(),
  Tags: tags.default([]),
  AutoTerminationPolicy: policy.optional(),
  StepConcurrencyLevel: z.int().min(1).max(256).default(1),
});
export type RunJobFlow = z.infer<typeof runJobFlow>;
