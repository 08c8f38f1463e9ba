/** An expression or template that can't be read or has no value. */
export class ExpressionError extends Error {
  override readonly name: string = 'ExpressionError';
  /** Where in the text, counted from 0. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A fault of the `${…}` itself, not of the expression in it. */
export class TemplateError extends ExpressionError {
  override readonly name = 'TemplateError';
}
