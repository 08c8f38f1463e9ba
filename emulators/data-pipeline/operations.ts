import { z } from 'zod';
import type { Definition } from './definition.ts';
import { describeObjects, objectCalled, objectsIn, SPHERES } from './objects.ts';
import type { Pipeline } from './pipeline.ts';
import type { Pipelines } from './pipelines.ts';
import { ServiceError } from '../aws-json.ts';
import {
  invalidRequest,
  masked,
  parameterObjectSchema,
  parameterValueSchema,
  pipelineObjectSchema,
  timestamp,
  type Field,
} from './protocol.ts';
import { matches, page, querySchema } from './query.ts';
import { refuseActivation } from './refuse-activation.ts';
import { setStatus } from './set-status.ts';
import { refuseUnsavable, validate } from './validate.ts';

const PIPELINES_PER_PAGE = 25;
const OBJECTS_PER_QUERY = 100;
const ACCOUNT = '000000000000';

export type Operation = (input: unknown) => object | Promise<object>;

/** Binds an operation to the shape of its input; anything else is an InvalidRequestException. */
const operation =
  <Shape extends z.ZodType>(
    shape: Shape,
    run: (input: z.infer<Shape>) => object | Promise<object>,
  ): Operation =>
  (input) => {
    const parsed = shape.safeParse(input);
    if (parsed.success) return run(parsed.data);
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw invalidRequest(problems.join('; '));
  };

const tags = z.array(z.object({ key: z.string(), value: z.string() })).max(10);
const pipelineId = z.string().min(1);
const definitionShape = z.object({
  pipelineId,
  pipelineObjects: z.array(pipelineObjectSchema),
  parameterObjects: z.array(parameterObjectSchema).optional(),
  parameterValues: z.array(parameterValueSchema).optional(),
});

const definitionOf = (input: z.infer<typeof definitionShape>): Definition => ({
  objects: input.pipelineObjects,
  parameters: input.parameterObjects ?? [],
  values: input.parameterValues ?? [],
});

/** The operations by name, as the `X-Amz-Target` header has it. */
export const createOperations = (pipelines: Pipelines): Readonly<Record<string, Operation>> => ({
  CreatePipeline: operation(
    z.object({
      name: z.string().min(1).max(1024),
      uniqueId: z.string().min(1).max(1024),
      description: z.string().optional(),
      tags: tags.optional(),
    }),
    (input) => ({
      pipelineId: pipelines.create({ ...input, description: input.description, tags: input.tags ?? [] }).id,
    }),
  ),

  PutPipelineDefinition: operation(definitionShape, (input) => {
    const pipeline = pipelines.get(input.pipelineId);
    const definition = definitionOf(input);
    refuseUnsavable(definition);
    pipeline.latest = definition;
    return validate(definition);
  }),

  ValidatePipelineDefinition: operation(definitionShape, (input) => {
    pipelines.get(input.pipelineId);
    return validate(definitionOf(input));
  }),

  GetPipelineDefinition: operation(
    z.object({ pipelineId, version: z.enum(['latest', 'active']).optional() }),
    (input) => {
      const { latest, active, id } = pipelines.get(input.pipelineId);
      const definition = input.version === 'active' ? active : latest;
      if (definition === undefined) throw invalidRequest(`Pipeline with id: ${id} has no active definition`);
      return {
        pipelineObjects: definition.objects.map((object) => ({
          ...object,
          fields: object.fields.map((field) => masked(field.key, field)),
        })),
        parameterObjects: definition.parameters,
        parameterValues: definition.values.map((value) => masked(value.id, value)),
      };
    },
  ),

  ActivatePipeline: operation(
    z.object({
      pipelineId,
      parameterValues: z.array(parameterValueSchema).optional(),
      // In seconds; it has no meaning for on-demand pipelines.
      startTimestamp: z.number().optional(),
    }),
    (input) => {
      const pipeline = pipelines.get(input.pipelineId);
      const given = input.parameterValues ?? [];
      const startAt = input.startTimestamp === undefined ? undefined : new Date(input.startTimestamp * 1_000);
      refuseActivation(pipeline, given, startAt);
      pipeline.activate(given, startAt);
      return {};
    },
  ),

  DeactivatePipeline: operation(z.object({ pipelineId, cancelActive: z.boolean().optional() }), (input) => {
    const pipeline = pipelines.get(input.pipelineId);
    if (pipeline.state === 'PENDING')
      throw invalidRequest(`Pipeline with id: ${pipeline.id} was never activated`);
    pipeline.deactivate(input.cancelActive ?? true);
    return {};
  }),

  DeletePipeline: operation(z.object({ pipelineId }), async (input) => {
    await pipelines.delete(pipelines.get(input.pipelineId));
    return {};
  }),

  ListPipelines: operation(z.object({ marker: z.string().optional() }), ({ marker }) => {
    const all = pipelines.list().map(({ id, name }) => ({ id, name }));
    const { items, ...more } = page(all, marker, PIPELINES_PER_PAGE);
    return { pipelineIdList: items, ...more };
  }),

  DescribePipelines: operation(z.object({ pipelineIds: z.array(z.string()).min(1).max(25) }), (input) => ({
    pipelineDescriptionList: input.pipelineIds.map((id) => description(pipelines.get(id))),
  })),

  QueryObjects: operation(
    z.object({
      pipelineId,
      sphere: z.enum(SPHERES),
      query: querySchema.optional(),
      marker: z.string().optional(),
      limit: z.number().int().min(1).max(OBJECTS_PER_QUERY).optional(),
    }),
    (input) => {
      const objects = objectsIn(pipelines.get(input.pipelineId), input.sphere);
      const ids = objects.flatMap(({ object }) => (matches(object, input.query ?? {}) ? [object.id] : []));
      const { items, ...more } = page(ids, input.marker, input.limit ?? OBJECTS_PER_QUERY);
      return { ids: items, ...more };
    },
  ),

  DescribeObjects: operation(
    z.object({
      pipelineId,
      objectIds: z.array(z.string()).min(1).max(25),
      evaluateExpressions: z.boolean().optional(),
      marker: z.string().optional(),
    }),
    (input) => ({
      pipelineObjects: describeObjects(
        pipelines.get(input.pipelineId),
        input.objectIds,
        input.evaluateExpressions ?? false,
      ),
      hasMoreResults: false,
    }),
  ),

  EvaluateExpression: operation(
    z.object({ pipelineId, objectId: z.string(), expression: z.string() }),
    (input) => ({
      evaluatedExpression: evaluated(pipelines.get(input.pipelineId), input.objectId, input.expression),
    }),
  ),

  SetStatus: operation(
    z.object({ pipelineId, objectIds: z.array(z.string()).min(1), status: z.string() }),
    (input) => {
      setStatus(pipelines.get(input.pipelineId), input.objectIds, input.status);
      return {};
    },
  ),

  AddTags: operation(z.object({ pipelineId, tags }), (input) => {
    const pipeline = pipelines.get(input.pipelineId);
    const isNew = ({ key }: { key: string }) => !input.tags.some((tag) => tag.key === key);
    pipeline.tags = [...pipeline.tags.filter(isNew), ...input.tags];
    return {};
  }),

  RemoveTags: operation(z.object({ pipelineId, tagKeys: z.array(z.string()) }), (input) => {
    const pipeline = pipelines.get(input.pipelineId);
    pipeline.tags = pipeline.tags.filter(({ key }) => !input.tagKeys.includes(key));
    return {};
  }),
});

function evaluated(pipeline: Pipeline, objectId: string, expression: string): string {
  try {
    return objectCalled(pipeline, objectId).evaluate(expression);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw invalidRequest(error instanceof Error ? error.message : String(error));
  }
}

function description({ id, name, uniqueId, description, tags, createdAt, state }: Pipeline) {
  const texts: Record<string, string> = {
    '@pipelineState': state,
    name,
    '@creationTime': timestamp(createdAt),
    '@id': id,
    '@sphere': 'PIPELINE',
    '@userId': ACCOUNT,
    '@accountId': ACCOUNT,
    pipelineCreator: ACCOUNT,
    uniqueId,
  };
  const fields: Field[] = Object.entries(texts).map(([key, stringValue]) => ({ key, stringValue }));
  return { pipelineId: id, name, fields, tags, ...(description === undefined ? {} : { description }) };
}
