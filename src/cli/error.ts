/** What went wrong with a command: one line for a person, three fields for a script. */
export class CliError extends Error {
  readonly type: string;
  readonly fix: string;
  readonly exitCode: 1 | 2 | 3;
  /** More for scripts, beside `type`, `message` and `fix`. */
  readonly extra: Record<string, unknown>;

  constructor(
    type: string,
    message: string,
    fix: string,
    { exitCode = 2, extra = {} }: { exitCode?: 1 | 2 | 3; extra?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.type = type;
    this.fix = fix;
    this.exitCode = exitCode;
    this.extra = extra;
  }
}
