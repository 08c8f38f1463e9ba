import type { Expectation } from './definition.ts';
import type { Row } from './statements.ts';

/** What an expectation of a check came to. */
export interface ExpectationOutcome {
  name: string;
  severity: Expectation['severity'];
  passed: boolean;
  /** The query's first row. */
  row: Row | null;
  /** How many rows broke it, and the first of them. */
  broken: number;
  sample: Row[];
}
