/** A refusal, in the form of QDS: `{"error": {"error_code", "error_message"}}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  get body(): object {
    return { error: { error_code: this.status, error_message: this.message } };
  }
}

export const invalid = (message: string): ApiError => new ApiError(422, message);

export const notFound = (what: string, id: string): ApiError =>
  new ApiError(404, `Couldn't find ${what} with id ${id}`);

/** What ends a command in error before a process could say so itself; goes into its log. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
