import { z } from 'zod';
import { ServiceError } from '../../aws-json.ts';
import { operation, page, type Operation } from '../protocol.ts';
import type { Workshop } from '../workshop.ts';
import { Cluster, type Pace } from './cluster.ts';
import { CLUSTER_STATES, policy, runJobFlow, STEP_STATES, stepConfig, tags } from './shapes.ts';

const PER_PAGE = 50;
const MOST_IDS = 10;

const invalid = (message: string): ServiceError => new ServiceError('InvalidRequestException', message);

const ClusterId = z.string().max(256);
const Marker = z.string().optional();
const JobFlowIds = z.array(z.string()).min(1);

/** EMR's operations by name, as the `X-Amz-Target` header has it, and the clusters that they are about. */
export function createEmr(workshop: Workshop, pace: Pace) {
  const clusters: Cluster[] = [];

  const get = (id: string): Cluster => {
    const cluster = clusters.find((each) => each.id === id);
    if (!cluster) throw invalid(`Cluster id '${id}' is not valid.`);
    return cluster;
  };
  /** As the operations of the first API say it. */
  const getFlow = (id: string): Cluster => {
    const cluster = clusters.find((each) => each.id === id);
    if (!cluster) throw new ServiceError('ValidationException', 'Specified job flow ID does not exist.');
    return cluster;
  };
  const getStep = (cluster: Cluster, id: string) => {
    const step = cluster.steps.find((each) => each.id === id);
    if (!step) throw invalid(`Step id '${id}' is not valid.`);
    return step;
  };
  const about = <Shape extends z.ZodRawShape>(
    shape: Shape,
    run: (cluster: Cluster, input: z.infer<z.ZodObject<Shape>>) => object,
  ): Operation =>
    operation(z.looseObject({ ClusterId }), (input) => {
      const cluster = get(input.ClusterId);
      return operation(z.object(shape), (rest) => run(cluster, rest))(input);
    });

  const operations: Record<string, Operation> = {
    RunJobFlow: operation(runJobFlow, (request) => {
      const { InstanceGroups, InstanceFleets, MasterInstanceType } = request.Instances;
      if (!InstanceGroups && !InstanceFleets && MasterInstanceType === undefined)
        throw new ServiceError('ValidationException', 'A master instance group must be specified');
      if (request.ReleaseLabel === undefined)
        throw new ServiceError('ValidationException', 'A release label must be specified');
      if (request.ServiceRole === undefined || request.JobFlowRole === undefined)
        throw new ServiceError('ValidationException', 'Must specify a service role and an instance profile');
      const cluster = new Cluster(request, workshop, pace);
      clusters.unshift(cluster);
      return { JobFlowId: cluster.id, ClusterArn: cluster.summary().ClusterArn };
    }),

    ListClusters: operation(
      z.object({
        ClusterStates: z.array(z.enum(CLUSTER_STATES)).optional(),
        CreatedAfter: z.number().optional(),
        CreatedBefore: z.number().optional(),
        Marker,
      }),
      ({ ClusterStates: states, CreatedAfter = 0, CreatedBefore = Infinity, ...input }) => {
        const chosen = clusters.filter(({ state, createdAt }) => {
          const at = createdAt.getTime() / 1000;
          return (!states || states.includes(state)) && at >= CreatedAfter && at <= CreatedBefore;
        });
        const { items, next } = page(chosen, ({ id }) => id, input.Marker, PER_PAGE);
        return { Clusters: items.map((cluster) => cluster.summary()), ...(next && { Marker: next }) };
      },
    ),

    DescribeCluster: about({}, (cluster) => ({ Cluster: cluster.describe() })),

    ListInstanceGroups: about({}, ({ request, id, createdAt, state }) => {
      const { InstanceGroups = [], MasterInstanceType: type = 'm5.xlarge' } = request.Instances;
      const one = {
        InstanceRole: 'MASTER',
        InstanceType: type,
        InstanceCount: 1,
        Market: 'ON_DEMAND',
      } as const;
      const groups = InstanceGroups.length > 0 ? InstanceGroups : [one];
      return {
        InstanceGroups: groups.map((group, index) => ({
          Id: `ig-${id.slice(2, 12)}${index}`,
          Name: group.InstanceRole,
          Market: group.Market,
          InstanceGroupType: group.InstanceRole,
          InstanceType: group.InstanceType,
          RequestedInstanceCount: group.InstanceCount,
          RunningInstanceCount: state === 'RUNNING' || state === 'WAITING' ? group.InstanceCount : 0,
          Status: {
            State: state.startsWith('TERMINAT') ? 'TERMINATED' : 'RUNNING',
            Timeline: { CreationDateTime: createdAt.getTime() / 1000 },
          },
        })),
      };
    }),
    ListInstanceFleets: about({}, () => ({ InstanceFleets: [] })),
    ListBootstrapActions: about({}, ({ request }) => ({
      BootstrapActions: request.BootstrapActions.map(({ Name, ScriptBootstrapAction }) => ({
        Name,
        ScriptPath: ScriptBootstrapAction.Path,
        Args: ScriptBootstrapAction.Args,
      })),
    })),

    AddJobFlowSteps: operation(
      z.object({ JobFlowId: z.string(), Steps: z.array(stepConfig).min(1) }),
      ({ JobFlowId, Steps }) => {
        const cluster = getFlow(JobFlowId);
        if (!cluster.isUp) {
          const message = 'A job flow that is shutting down, terminated, or finished may not be modified.';
          throw new ServiceError('ValidationException', message);
        }
        return { StepIds: cluster.add(Steps).map(({ id }) => id) };
      },
    ),

    ListSteps: about(
      {
        StepStates: z.array(z.enum(STEP_STATES)).optional(),
        StepIds: z.array(z.string()).optional(),
        Marker,
      },
      (cluster, { StepStates: states, StepIds: ids, Marker: marker }) => {
        if (ids && ids.length > MOST_IDS)
          throw invalid(`The number of step ids must not exceed ${MOST_IDS}; there are ${ids.length}.`);
        const known = ids?.map((id) => getStep(cluster, id)) ?? cluster.steps.toReversed();
        const chosen = known.filter(({ state }) => !states || states.includes(state));
        const { items, next } = page(chosen, ({ id }) => id, marker, PER_PAGE);
        return { Steps: items.map((step) => step.describe()), ...(next && { Marker: next }) };
      },
    ),

    DescribeStep: about({ StepId: z.string() }, (cluster, { StepId }) => ({
      Step: getStep(cluster, StepId).describe(),
    })),

    CancelSteps: about(
      {
        StepIds: z.array(z.string()).min(1).max(256),
        StepCancellationOption: z.enum(['SEND_INTERRUPT', 'TERMINATE_PROCESS']).default('SEND_INTERRUPT'),
      },
      (cluster, { StepIds, StepCancellationOption }) => {
        const steps = StepIds.map((id) => getStep(cluster, id));
        const anyhow = StepCancellationOption === 'TERMINATE_PROCESS';
        return { CancelStepsInfoList: steps.map((step) => ({ StepId: step.id, ...step.cancel(anyhow) })) };
      },
    ),

    PutAutoTerminationPolicy: about({ AutoTerminationPolicy: policy.optional() }, (cluster, input) => {
      cluster.setIdleTimeout((input.AutoTerminationPolicy ?? policy.parse({})).IdleTimeout);
      return {};
    }),
    GetAutoTerminationPolicy: about({}, ({ idleTimeout }) =>
      idleTimeout === undefined ? {} : { AutoTerminationPolicy: { IdleTimeout: idleTimeout } },
    ),
    RemoveAutoTerminationPolicy: about({}, (cluster) => {
      cluster.setIdleTimeout(undefined);
      return {};
    }),
    ModifyCluster: about({ StepConcurrencyLevel: z.int().min(1).max(256) }, (cluster, input) => {
      cluster.setConcurrency(input.StepConcurrencyLevel);
      return input;
    }),

    TerminateJobFlows: operation(z.object({ JobFlowIds }), (input) => {
      const chosen = input.JobFlowIds.map(getFlow);
      if (chosen.some(({ isProtected }) => isProtected)) {
        const message = 'Could not shut down one or more job flows since they are termination protected.';
        throw new ServiceError('ValidationException', message);
      }
      for (const cluster of chosen) void cluster.terminate('USER_REQUEST', 'Terminated by user request');
      return {};
    }),
    SetTerminationProtection: operation(
      z.object({ JobFlowIds, TerminationProtected: z.boolean() }),
      (input) => {
        for (const id of input.JobFlowIds) getFlow(id).isProtected = input.TerminationProtected;
        return {};
      },
    ),
    AddTags: operation(z.object({ ResourceId: z.string(), Tags: tags }), (input) => {
      const cluster = get(input.ResourceId);
      const keys = input.Tags.map(({ Key }) => Key);
      cluster.tags = [...cluster.tags.filter(({ Key }) => !keys.includes(Key)), ...input.Tags];
      return {};
    }),
    RemoveTags: operation(z.object({ ResourceId: z.string(), TagKeys: z.array(z.string()) }), (input) => {
      const cluster = get(input.ResourceId);
      cluster.tags = cluster.tags.filter(({ Key }) => !input.TagKeys.includes(Key));
      return {};
    }),
  };

  const stop = async (): Promise<void> => {
    await Promise.all(clusters.map((cluster) => cluster.terminate('USER_REQUEST', 'The stand-in ends')));
  };
  return { operations, stop };
}
