import got, { type Method, type Response } from 'got';
import type { z } from 'zod';
import { EtlError } from '../domain/failure.ts';
import { retryAfterMs } from '../domain/retry-after.ts';

const SHOWN_CHARACTERS = 500;
/** For a 429 that doesn't say how long to wait. */
const PAUSE_MS = 10_000;

/** Request Timeout, and Microsoft's Retry With: nothing is wrong with the request. */
const PASSING = [408, 449];

export interface HttpOptions {
  /** Whose API it is, for errors: `Livy at http://…`. */
  vendor: string;
  url: string;
  /** Asked for each request; `anew` after a 401, because tokens are rotated. */
  headers(anew: boolean): Promise<Record<string, string>>;
  requestTimeoutMs: number;
}

export interface HttpRequest {
  json?: unknown;
  query?: Record<string, string | number | boolean>;
  /** Beside those of the API. */
  headers?: Record<string, string>;
  /** Statuses that are no failure although they aren't 2xx, such as 404 for what may be gone. */
  accept?: readonly number[];
}

export interface HttpAnswer {
  status: number;
  body: string;
  headers: Response['headers'];
}

/**
 * An API over HTTP, with failures as `EtlError`s and without retries, for Temporal is the retrier.
 *
 * No answer, a broken one, 408, 449 and 5xx are `Unavailable`; 429 is `Throttled`, and until its time is up nothing more is sent;
 * any other 4xx is `Rejected`, in the other side's own words; a body that can't be read is `Unexpected`. After a 401 the
 * request is sent once more if the secret has changed.
 */
export class HttpApi {
  readonly #options: HttpOptions;
  #pausedUntilMs = 0;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** The answer's JSON, checked. */
  async json<T>(method: Method, path: string, schema: z.ZodType<T>, request: HttpRequest = {}): Promise<T> {
    const { body } = await this.send(method, path, request);
    return this.read(body, schema);
  }

  /** The same, but undefined where there is nothing of that name: 404. */
  async jsonIfThere<T>(
    method: Method,
    path: string,
    schema: z.ZodType<T>,
    request: HttpRequest = {},
  ): Promise<T | undefined> {
    const { status, body } = await this.send(method, path, { ...request, accept: [404] });
    return status === 404 ? undefined : this.read(body, schema);
  }

  /** Any answer that is no failure. */
  async send(method: Method, path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const waitMs = this.#pausedUntilMs - Date.now();
    if (waitMs > 0) {
      const message = `${this.#options.vendor} asked for a pause of ${Math.ceil(waitMs / 1000)} s more`;
      throw new EtlError('Throttled', message, { retryAfterMs: waitMs });
    }
    const headers = await this.#options.headers(false);
    let response = await this.#ask(method, path, request, headers);
    if (response.statusCode === 401) {
      const rotated = await this.#options.headers(true);
      if (JSON.stringify(rotated) !== JSON.stringify(headers))
        response = await this.#ask(method, path, request, rotated);
    }
    const { statusCode: status, body, headers: said } = response;
    const isFine = (status >= 200 && status < 300) || request.accept?.includes(status);
    if (!isFine) throw this.#failure(method, path, response);
    return { status, body, headers: said };
  }

  /** Reads a body that must be JSON of that form. */
  read<T>(body: string, schema: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      throw this.#unreadable('is no JSON', body);
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'it';
    throw this.#unreadable(`has another form (${where}: ${issue?.message})`, body);
  }

  async #ask(
    method: Method,
    path: string,
    { json, query, headers: own }: HttpRequest,
    headers: Record<string, string>,
  ): Promise<Response<string>> {
    const { url, vendor, requestTimeoutMs } = this.#options;
    try {
      return await got(`${url.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`, {
        method,
        headers: { accept: 'application/json', ...own, ...headers },
        ...(json !== undefined && { json }),
        ...(query && { searchParams: query }),
        timeout: { request: requestTimeoutMs },
        retry: { limit: 0 },
        throwHttpErrors: false,
        // A redirected POST would become a GET, and a secret would go to somebody else.
        followRedirect: false,
      });
    } catch (error) {
      const message = `${vendor} did not answer ${method} ${path}: ${reason(error)}`;
      throw new EtlError('Unavailable', message, { cause: error });
    }
  }

  #failure(method: string, path: string, { statusCode, headers, body }: Response<string>): EtlError {
    const said = words(body);
    const message = `${this.#options.vendor} answered ${statusCode} to ${method} ${path}${said && `: ${said}`}`;
    const asked = retryAfterMs(headers['retry-after'], Date.now());
    if (statusCode === 429) {
      const waitMs = asked ?? PAUSE_MS;
      this.#pausedUntilMs = Date.now() + waitMs;
      return new EtlError('Throttled', message, { retryAfterMs: waitMs });
    }
    const passes = statusCode >= 500 || PASSING.includes(statusCode);
    return new EtlError(passes ? 'Unavailable' : 'Rejected', message, { retryAfterMs: asked });
  }

  #unreadable(what: string, body: string): EtlError {
    return new EtlError('Unexpected', `the answer of ${this.#options.vendor} ${what}: ${shown(body)}`);
  }
}

/** Failures before there is a connection that a request could be sent by. */
const UNCONNECTED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];

/** Whether a request failed in such a way that the other side can't have got it. */
export function neverReached(error: unknown): boolean {
  const cause = error instanceof EtlError ? error.cause : undefined;
  return (
    cause instanceof Error &&
    'code' in cause &&
    typeof cause.code === 'string' &&
    UNCONNECTED.includes(cause.code)
  );
}

/** The header `Authorization` of basic authentication. */
export const basicAuthorization = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** What an answer says, out of the fields in which APIs say it. */
function words(body: string): string {
  try {
    const value = JSON.parse(body) as unknown;
    if (typeof value === 'string') return shown(value);
    const { msg, message, error } = (value ?? {}) as Record<string, unknown>;
    const nested = (error ?? {}) as Record<string, unknown>;
    const said = [msg, message, nested['error_message'], nested['message'], error].find(
      (part) => typeof part === 'string' && part !== '',
    );
    if (typeof said === 'string') return shown(said);
  } catch {
    // A text or a page.
  }
  return shown(body);
}

const shown = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, SHOWN_CHARACTERS);

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code && !error.message.includes(code) ? `${code}: ${error.message}` : error.message || code;
}
