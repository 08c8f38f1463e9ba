/** What DuckDB needs to reach S3. Without keys it reads what is public. */
export interface S3Access {
  /** A URL, or host and port; AWS itself if it is missing. */
  endpoint?: string | undefined;
  region?: string | undefined;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  sessionToken?: string | undefined;
  /** Told by the endpoint's URL, else true. */
  useSsl?: boolean | undefined;
  /** `path` where the server has no wildcard DNS. */
  urlStyle?: 'path' | 'vhost' | undefined;
}

/** What a job's process gets by stdin: nothing of it may be on disk, in its arguments or its environment. */
export interface JobSettings {
  memory: string;
  threads: number;
  maxJobs: number;
  /** How much a job may spill to disk, such as `20GB`; DuckDB's own default (90 % of what is free) if missing. */
  maxTempSize: string | undefined;
  /** The httpfs extension's file; without one DuckDB downloads it into `extensions`. */
  httpfs: string | undefined;
  extensions: string;
  s3: S3Access | undefined;
  /** The files of each input, listed when the job starts. */
  files: Record<string, string[]>;
}
