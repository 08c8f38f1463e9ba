import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { environment } from './environment.ts';
import { temporalTarget } from './temporal.ts';
import { EventRouter, type Route } from './triggers/event-router.ts';
import { createLambdaHandler } from './triggers/lambda-handler.ts';
import { newDataSignals } from './triggers/new-data-signal.ts';

/*
 * The handler for AWS Lambda, which the build bundles into one file: it only signals. What goes where stands in a file
 * beside it, made by `millrace listen --routes`, so that no pipeline file is read at a cold start.
 */

const CONNECT_TIMEOUT = '5s';

const file = environment['MILLRACE_ROUTES'] ?? `${environment['LAMBDA_TASK_ROOT'] ?? '.'}/routes.json`;
const { routes, taskQueue } = JSON.parse(readFileSync(file, 'utf8')) as {
  routes: Route[];
  taskQueue: string;
};

/** One for all invocations of this instance; it connects itself anew. */
async function signals() {
  const { options, namespace } = temporalTarget({}, environment, () => undefined);
  const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT });
  return newDataSignals(new Client({ connection, namespace }), taskQueue);
}

let connected: ReturnType<typeof signals> | undefined;

export const handler = createLambdaHandler({
  router: new EventRouter(routes),
  // A connection that failed is tried again by the next invocation.
  send: async (delivery) =>
    (
      await (connected ??= signals().catch((error: unknown) => {
        connected = undefined;
        throw error;
      }))
    )(delivery),
});
