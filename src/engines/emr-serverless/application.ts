import {
  GetApplicationCommand,
  StartApplicationCommand,
  StopApplicationCommand,
  UpdateApplicationCommand,
  type Application as Description,
  type EMRServerlessClient,
} from '@aws-sdk/client-emr-serverless';
import { EtlError, unexpected } from '../../domain/failure.ts';
import type { ClusterRef, ClusterSpec } from '../../ports.ts';
import { awsErrorOf, type AwsApi } from '../aws-api.ts';

/** In which states an application can be started, and which it is on its way through. */
const STANDING = {
  CREATING: 'on its way',
  CREATED: 'down',
  STARTING: 'on its way',
  STARTED: 'up',
  STOPPING: 'on its way',
  STOPPED: 'down',
  TERMINATED: 'gone',
} as const;

/** An application, as far as it has to be up: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/applications.html */
export class Application {
  readonly #client: EMRServerlessClient;
  readonly #api: AwsApi;
  readonly #id: string;

  constructor(client: EMRServerlessClient, api: AwsApi, id: string) {
    this.#client = client;
    this.#api = api;
    this.#id = id;
  }

  /** Starts it if it is down; one that was on its way up, or was started here, and is down again does not come up. */
  async ensure({ release }: ClusterSpec, key: string, before?: ClusterRef): Promise<ClusterRef> {
    const application = await this.#describe(before);
    const { state = '', stateDetails } = application;
    const started = before?.started ?? false;
    const standing = { id: this.#id, started, state };
    switch (STANDING[state as keyof typeof STANDING] ?? unexpected('EMR Serverless', state)) {
      case 'up':
        if (release === 'whenIdle' && !stopsWhenIdle(application)) throw this.#cannotStopWhenIdle();
        return { ...standing, ready: true };
      case 'on its way':
        return { ...standing, ready: false };
      case 'down':
        if (started || before?.state === 'STARTING')
          throw this.#failed(`did not start and is ${state}`, stateDetails);
        if (release === 'whenIdle' && !stopsWhenIdle(application)) await this.#stopWhenIdle(key);
        await this.#start();
        return { ...standing, started: true, ready: false, state: 'STARTING' };
      case 'gone':
        throw this.#failed(`is ${state}`, stateDetails);
    }
  }

  /** Stops it, unless others have jobs on it: then it stops by itself, if it does so at all. */
  async stop(): Promise<void> {
    const command = new StopApplicationCommand({ applicationId: this.#id });
    try {
      await this.#api.call(`stop the application ${this.#id}`, () => this.#client.send(command));
    } catch (error) {
      const isBusyOrDown = ['ValidationException', 'ConflictException'].includes(awsErrorOf(error).name);
      if (!isBusyOrDown) throw error;
    }
  }

  async #describe(before?: ClusterRef): Promise<Description> {
    const command = new GetApplicationCommand({ applicationId: this.#id });
    try {
      const doing = `look at the application ${this.#id}`;
      const { application } = await this.#api.call(doing, () => this.#client.send(command));
      if (application === undefined) throw new EtlError('Unexpected', 'EMR Serverless gave no application');
      return application;
    } catch (error) {
      const { name, message } = awsErrorOf(error);
      if (before && name === 'ResourceNotFoundException') throw this.#failed('is gone', message);
      throw error;
    }
  }

  async #start(): Promise<void> {
    const command = new StartApplicationCommand({ applicationId: this.#id });
    await this.#api.call(`start the application ${this.#id}`, () => this.#client.send(command));
  }

  async #stopWhenIdle(key: string): Promise<void> {
    const command = new UpdateApplicationCommand({
      applicationId: this.#id,
      clientToken: key,
      autoStopConfiguration: { enabled: true },
    });
    const doing = `have the application ${this.#id} stop when it idles`;
    await this.#api.call(doing, () => this.#client.send(command));
  }

  #failed(what: string, details = ''): EtlError {
    return new EtlError('JobFailed', `the application ${this.#id} ${what}${details && `: ${details}`}`);
  }

  #cannotStopWhenIdle(): EtlError {
    const message = `the application ${this.#id} does not stop when it idles, and only a stopped one can be told to; stop it, or write release: keep`;
    return new EtlError('Rejected', message);
  }
}

/** It does unless somebody switched that off. */
const stopsWhenIdle = ({ autoStopConfiguration }: Description): boolean =>
  autoStopConfiguration?.enabled !== false;
