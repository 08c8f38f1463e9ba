/**
 * Why COPY doesn't take a row: the code and the words that the load error tables have for it.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_Load_Error_Reference.html
 */
export interface Rejection {
  code: number;
  reason: string;
  /** Where in the field, from 0. */
  position?: number;
}

export const rejection = (code: number, reason: string, position = 0): Rejection => ({
  code,
  reason,
  position,
});

export const isRejection = (value: unknown): value is Rejection =>
  typeof value === 'object' && value !== null && 'reason' in value;
