import { z } from 'zod';
import { ServiceError } from '../../aws-json.ts';
import { operation, page, randomId, type Operation } from '../protocol.ts';
import type { Workshop } from '../workshop.ts';
import { Application, type Pace } from './application.ts';
import {
  APPLICATION_STATES,
  createApplication,
  JOB_RUN_STATES,
  startJobRun,
  updateApplication,
} from './shapes.ts';

const MOST_PER_PAGE = 50;
const WITHOUT_DASHBOARD = ['SUBMITTED', 'PENDING', 'SCHEDULED', 'QUEUED'];

const pageSize = z.coerce.number().int().min(1).max(MOST_PER_PAGE).default(MOST_PER_PAGE);
const listOf = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(
    (given) => (given === undefined || Array.isArray(given) ? given : [given]),
    z.array(value).optional(),
  );
const time = z.coerce.date().optional();

/** An operation, by the HTTP method and path that call it. What is in the path and the query comes as fields. */
export interface Route {
  name: string;
  method: string;
  path: RegExp;
  run: Operation;
}

/** EMR Serverless's operations, and the applications that they are about. */
export function createServerless(workshop: Workshop, pace: Pace) {
  const applications: Application[] = [];

  const get = (id: string): Application => {
    const application = applications.find((each) => each.id === id);
    if (!application)
      throw new ServiceError('ResourceNotFoundException', `Application ${id} does not exist.`, 404);
    return application;
  };
  const getRun = (application: Application, id: string) => {
    const run = application.runs.find((each) => each.id === id);
    if (!run) throw new ServiceError('ResourceNotFoundException', `Job run ${id} does not exist.`, 404);
    return run;
  };
  const ids = z.looseObject({ applicationId: z.string(), jobRunId: z.string().default('') });
  const about = <Shape extends z.ZodType>(
    shape: Shape,
    run: (application: Application, input: z.infer<Shape>, jobRunId: string) => object | Promise<object>,
  ): Operation =>
    operation(ids, ({ applicationId, jobRunId, ...rest }) => {
      const application = get(applicationId);
      return operation(shape, (input) => run(application, input, jobRunId))(rest);
    });
  const nothing = z.looseObject({});

  const route = (name: string, method: string, path: string, run: Operation): Route => ({
    name,
    method,
    path: new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`),
    run,
  });
  const APPLICATION = '/applications/{applicationId}';
  const RUN = `${APPLICATION}/jobruns/{jobRunId}`;

  const routes: Route[] = [
    route(
      'CreateApplication',
      'POST',
      '/applications',
      operation(createApplication, (request) => {
        const before = applications.find((each) => each.request.clientToken === request.clientToken);
        const id = `00${randomId(14).toLowerCase()}`;
        const application = before ?? new Application(id, request, workshop, pace);
        if (!before) applications.unshift(application);
        return { applicationId: application.id, name: request.name, arn: application.arn };
      }),
    ),
    route(
      'ListApplications',
      'GET',
      '/applications',
      operation(
        z.object({
          states: listOf(z.enum(APPLICATION_STATES)),
          maxResults: pageSize,
          nextToken: z.string().optional(),
        }),
        ({ states, maxResults, nextToken }) => {
          const chosen = applications.filter(({ state }) => !states || states.includes(state));
          const { items, next } = page(chosen, ({ id }) => id, nextToken, maxResults);
          const listed = items.map((each) => ({ id: each.id, ...each.describe() }));
          return { applications: listed, ...(next && { nextToken: next }) };
        },
      ),
    ),
    route(
      'GetApplication',
      'GET',
      APPLICATION,
      about(nothing, (application) => ({
        application: { applicationId: application.id, ...application.describe() },
      })),
    ),
    route(
      'UpdateApplication',
      'PATCH',
      APPLICATION,
      about(updateApplication, (application, { autoStartConfiguration, autoStopConfiguration }) => {
        application.update({
          ...(autoStartConfiguration && { autoStartConfiguration }),
          ...(autoStopConfiguration && { autoStopConfiguration }),
        });
        return { application: { applicationId: application.id, ...application.describe() } };
      }),
    ),
    route(
      'DeleteApplication',
      'DELETE',
      APPLICATION,
      about(nothing, async (application) => {
        if (application.state !== 'CREATED' && application.state !== 'STOPPED')
          throw new ServiceError(
            'ValidationException',
            `Application ${application.id} must be stopped first`,
          );
        await application.terminate();
        return {};
      }),
    ),
    route(
      'StartApplication',
      'POST',
      `${APPLICATION}/start`,
      about(nothing, (application) => {
        application.start();
        return {};
      }),
    ),
    route(
      'StopApplication',
      'POST',
      `${APPLICATION}/stop`,
      about(nothing, async (application) => {
        await application.stop();
        return {};
      }),
    ),
    route(
      'StartJobRun',
      'POST',
      `${APPLICATION}/jobruns`,
      about(startJobRun, (application, request) => {
        const run = application.submit(request);
        return { applicationId: application.id, jobRunId: run.id, arn: run.arn };
      }),
    ),
    route(
      'ListJobRuns',
      'GET',
      `${APPLICATION}/jobruns`,
      about(
        z.object({
          states: listOf(z.enum(JOB_RUN_STATES)),
          createdAtAfter: time,
          createdAtBefore: time,
          maxResults: pageSize,
          nextToken: z.string().optional(),
          mode: z.string().optional(),
        }),
        (application, { states, createdAtAfter, createdAtBefore, maxResults, nextToken }) => {
          const chosen = application.runs
            .filter(({ state }) => !states || states.includes(state))
            .filter(({ createdAt }) => !createdAtAfter || createdAt >= createdAtAfter)
            .filter(({ createdAt }) => !createdAtBefore || createdAt <= createdAtBefore)
            .reverse();
          const { items, next } = page(chosen, ({ id }) => id, nextToken, maxResults);
          const { id: applicationId } = application;
          const { releaseLabel, type } = application.request;
          const jobRuns = items.map((run) => ({
            applicationId,
            id: run.id,
            releaseLabel,
            type,
            ...run.summary(),
          }));
          return { jobRuns, ...(next && { nextToken: next }) };
        },
      ),
    ),
    route(
      'GetJobRun',
      'GET',
      RUN,
      about(nothing, (application, _, jobRunId) => {
        const { releaseLabel } = application.request;
        const run = getRun(application, jobRunId).describe();
        return { jobRun: { applicationId: application.id, jobRunId, releaseLabel, ...run } };
      }),
    ),
    route(
      'CancelJobRun',
      'DELETE',
      RUN,
      about(nothing, (application, _, jobRunId) => {
        const run = getRun(application, jobRunId);
        if (run.hasEnded) {
          const message = `Job run ${jobRunId} is in a terminal state and cannot be cancelled.`;
          throw new ServiceError('ValidationException', message);
        }
        run.cancel();
        return { applicationId: application.id, jobRunId };
      }),
    ),
    route(
      'GetDashboardForJobRun',
      'GET',
      `${RUN}/dashboard`,
      about(nothing, (application, _, jobRunId) => {
        const { state } = getRun(application, jobRunId);
        if (WITHOUT_DASHBOARD.includes(state)) {
          const message = `Dashboard cannot be served for job in ${state} state`;
          throw new ServiceError('ValidationException', message);
        }
        return { url: `https://dashboard.invalid/${application.id}/${jobRunId}/?authToken=${randomId(20)}` };
      }),
    ),
  ];

  const stop = async (): Promise<void> => {
    await Promise.all(applications.map((application) => application.terminate()));
  };
  return { routes, stop };
}
