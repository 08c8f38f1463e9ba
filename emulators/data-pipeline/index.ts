import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFaults, faultSchema } from './faults.ts';
import { createOperations, type Operation } from './operations.ts';
import { createPipelines } from './pipelines.ts';
import { readJson, reply, replyWithError, ServiceError } from '../aws-json.ts';
import { close, listen } from '../loopback.ts';
import { invalidRequest } from './protocol.ts';
import { createServices, type AwsSettings } from './services/services.ts';

const WELCOME = "Millrace's local stand-in for AWS Data Pipeline. It is not AWS.\n";
const TARGET = 'DataPipeline.';

export interface DataPipelineOptions {
  /** 0 or none: any free one. */
  port?: number;
  log?: (line: string) => void;
  /** How S3, SNS and Redshift's Data API are reached; else as the AWS SDK's own variables say. */
  aws?: AwsSettings;
}

/**
 * Starts a local server that speaks AWS Data Pipeline's API and runs what pipelines define for real, on this machine.
 * Signatures aren't checked. `POST /_faults {"op", "kind": "lose-answer" | "throttle" | "slow", "count", "delayMs"}`
 * makes the next calls of an operation go wrong. `stop` cancels what runs.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/APIReference/Welcome.html
 */
export async function startDataPipeline({
  port = 0,
  log = () => undefined,
  aws = {},
}: DataPipelineOptions = {}): Promise<{ url: string; stop(): Promise<void> }> {
  const services = createServices(aws);
  const pipelines = createPipelines(services, log);
  const operations = createOperations(pipelines);
  const faults = createFaults();
  const stopped = new AbortController();

  const callApi = async (request: IncomingMessage, response: ServerResponse) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const name = target.startsWith(TARGET) ? target.slice(TARGET.length) : '';
    const fault = faults.next(name);
    if (fault?.kind === 'throttle') throw new ServiceError('ThrottlingException', 'Rate exceeded');
    const answer = await operationCalled(operations, name)(readJson(await text(request)));
    log(`${name}${fault === undefined ? '' : ` (${fault.kind})`}`);
    if (fault?.kind === 'lose-answer') return void request.socket.destroy();
    if (fault?.kind === 'slow') await sleep(fault.delayMs, undefined, { signal: stopped.signal });
    reply(response, 200, answer);
  };

  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.method === 'GET') return void response.setHeader('content-type', 'text/plain').end(WELCOME);
      if (request.url !== '/_faults') return callApi(request, response);
      const fault = faultSchema.safeParse(readJson(await text(request)));
      if (!fault.success) throw invalidRequest(fault.error.message);
      faults.order(fault.data);
      reply(response, 200, {});
    };
    answer().catch((error: unknown) => {
      if (!stopped.signal.aborted) replyWithError(response, error, { internal: 'InternalServiceError', log });
    });
  });
  return {
    url: await listen(server, port),
    async stop() {
      stopped.abort();
      close(server);
      await pipelines.stop();
      services.close();
    },
  };
}

function operationCalled(operations: Readonly<Record<string, Operation>>, name: string): Operation {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation !== undefined) return operation;
  throw new ServiceError(
    'UnknownOperationException',
    `this stand-in has no operation ${JSON.stringify(name)}`,
  );
}
