/** The window of data that a run covers. */
export interface Interval {
  /** `2001-01-05`, `2001-01-05T03-05:00`, `2001-W01`, `2001-01`, or a tick's instant. */
  id: string;
  /** ISO 8601 with the zone's offset. */
  start: string;
  end: string;
  /** The date on which it starts, in the pipeline's zone. */
  date: string;
  /** Of `date`; 1 is Monday. */
  weekday: number;
}
