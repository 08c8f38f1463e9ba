/** An error of a statement in Redshift's words: it becomes the statement's `Error`, behind `ERROR: `. */
export class RedshiftError extends Error {
  override readonly name = 'RedshiftError';
}

/** What Redshift can do and this stand-in can't: the message names the construct. */
export const notDone = (construct: string, instead?: string): RedshiftError =>
  new RedshiftError(
    `${construct} is not supported by Millrace's local stand-in for Redshift${instead ? `: ${instead}` : ''}`,
  );

export const syntaxErrorNear = (text: string): RedshiftError =>
  new RedshiftError(`syntax error at or near "${text}"`);

/** An error of the Data API itself, as its JSON 1.1 protocol has it. */
export class ApiError extends Error {
  readonly type: string;
  readonly httpStatus: number;
  readonly details: Record<string, string>;

  constructor(type: string, message: string, httpStatus = 400, details: Record<string, string> = {}) {
    super(message);
    this.type = type;
    this.httpStatus = httpStatus;
    this.details = details;
  }
}

export const invalid = (message: string): ApiError => new ApiError('ValidationException', message);

export const notFound = (message: string, resourceId: string): ApiError =>
  new ApiError('ResourceNotFoundException', message, 400, { ResourceId: resourceId });
