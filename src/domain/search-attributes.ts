/** The search attributes that runs are found by, with the types that Temporal knows them under. */
export const SEARCH_ATTRIBUTES = {
  MillracePipeline: 'Keyword',
  MillraceInterval: 'Keyword',
  MillraceTrigger: 'Keyword',
  MillraceIntervalStart: 'Datetime',
} as const;
