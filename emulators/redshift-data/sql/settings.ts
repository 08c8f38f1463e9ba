import type { Edits } from './edits.ts';
import { hasWords, type Token } from './tokens.ts';

/** Settings that Redshift has and PostgreSQL hasn't: they are remembered and do nothing. https://docs.aws.amazon.com/redshift/latest/dg/cm_chap_ConfigurationRef.html */
const SETTINGS = new Set(
  (
    'analyze_threshold_percent cast_super_null_on_error datashare_break_glass_session_var default_geometry_encoding describe_field_name_in_uppercase ' +
    'downcase_delimited_identifier enable_case_sensitive_identifier enable_case_sensitive_super_attribute enable_numeric_rounding ' +
    'enable_result_cache_for_session enable_vacuum_boost error_on_nondeterministic_update json_parse_dedup_attributes ' +
    'max_concurrency_scaling_clusters max_cursor_result_set_size mv_enable_aqmv_for_session navigate_super_null_on_error ' +
    'parse_super_null_on_error pg_federation_repeatable_read query_group spectrum_enable_pseudo_columns ' +
    'spectrum_query_maxerror stored_proc_log_min_messages wlm_query_slot_count use_fips_ssl'
  ).split(' '),
);

/** `SET query_group TO 'x'` sets `redshift.query_group`: settings with a prefix are anybody's. */
export const translateSetting = (tokens: readonly Token[], edits: Edits): void => {
  const at = hasWords(tokens, 1, ['session']) || hasWords(tokens, 1, ['local']) ? 2 : 1;
  const name = tokens[at]?.word ?? '';
  if (SETTINGS.has(name)) edits.insertBefore(at, 'redshift.');
};
