/*
 * Whether a query is one SELECT over its inputs, judged by the tree that DuckDB's own parser makes of it. This stands
 * in front of DuckDB's allowed paths, which know nothing of functions that tell of settings or secrets.
 */

type Node = Record<string, unknown>;

/** What `json_serialize_sql` returns. */
export type QueryTree =
  | { error: true; error_type: string; error_message: string; position?: string }
  | { error: false; statements: { node: Node }[] };

const NODES = ['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'];
/** Table references that read only what is checked below them. */
const HARMLESS_TABLES = ['SUBQUERY', 'JOIN', 'EXPRESSION_LIST', 'EMPTY', 'PIVOT'];
const TABLES = [
  ...HARMLESS_TABLES,
  'BASE_TABLE',
  'TABLE_FUNCTION',
  'SHOW_REF',
  'CTE',
  'COLUMN_DATA',
  'DELIM_GET',
];
const TABLE_FUNCTIONS = ['unnest', 'range', 'generate_series'];

/** Functions that read, reveal or change something besides their arguments. */
const FORBIDDEN =
  /^(read_.*|duckdb_.*|pragma_.*|parquet_.*|icu_calendar_names|pg_(?!typeof$|size_pretty$).*|inet_.*|has_.*_privilege|current_(setting|query|query_id|database|schema|schemas|catalog|connection_id|transaction_id)|txid_current|in_search_path|get_?env|getvariable|get_block_size|nextval|currval|query|query_table|which_secret|glob|sniff_csv|sql_auto_complete|json_execute_serialized_sql|json_serialize_plan|col_description|obj_description|shobj_description|write_log|sleep_ms|stats|enable_.*|disable_.*|.*_scan|.*_scan_dumb)$/;

const IDENTIFIER = /^[a-z_][a-z0-9_]*$/;

/** Throws an error in words for the query's author if the query isn't one SELECT over `inputs` and its own CTEs. */
export function checkQuery(tree: QueryTree, inputs: readonly string[]): void {
  if (tree.error) {
    if (tree.error_type === 'not implemented')
      throw new Error('the query must be one SELECT (and a PIVOT in it needs its values: ON x IN (…))');
    throw new Error(
      `the query can't be read: ${tree.error_message}${tree.position === undefined ? '' : ` (at character ${tree.position})`}`,
    );
  }
  const [statement, ...more] = tree.statements;
  if (statement === undefined) throw new Error('the query is empty; write one SELECT');
  if (more.length > 0) throw new Error(`the query has ${more.length + 1} statements; write one SELECT`);
  check(statement.node, new Set(inputs.map((name) => name.toLowerCase())), inputs);
}

function check(value: unknown, names: ReadonlySet<string>, inputs: readonly string[]): void {
  if (Array.isArray(value)) return value.forEach((each) => check(each, names, inputs));
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  if ('class' in node) checkExpression(node);
  else if ('cte_map' in node) return checkSelect(node, names, inputs);
  else if (isTable(node)) return checkTable(node, names, inputs);
  Object.values(node).forEach((each) => check(each, names, inputs));
}

/** A CTE sees the ones before it, and itself only where it is recursive; all parts of its SELECT see it. */
function checkSelect(node: Node, outer: ReadonlySet<string>, inputs: readonly string[]): void {
  if (!NODES.includes(String(node['type']))) refuse(`has a part of the unknown kind ${String(node['type'])}`);
  const names = new Set(outer);
  const { cte_map, ...parts } = node as { cte_map: { map?: { key: string; value: unknown }[] } };
  for (const { key, value } of cte_map.map ?? []) {
    check(value, names, inputs);
    names.add(cteName(key));
  }
  if (typeof node['cte_name'] === 'string') {
    const { left, ...rest } = parts as Node;
    check(left, names, inputs);
    names.add(cteName(node['cte_name']));
    return check(rest, names, inputs);
  }
  check(parts, names, inputs);
}

/** A plain name, for DuckDB would take a name like a path for a file where the CTE isn't seen. */
function cteName(name: string): string {
  const lower = name.toLowerCase();
  if (!IDENTIFIER.test(lower)) refuse(`names a CTE "${name}"`, 'use letters, digits and underscores');
  return lower;
}

const isTable = (node: Node): boolean =>
  TABLES.includes(String(node['type'])) || ('sample' in node && 'alias' in node);

function checkTable(node: Node, names: ReadonlySet<string>, inputs: readonly string[]): void {
  const { type, function: call, ...rest } = node;
  if (type === 'BASE_TABLE') checkName(node, names, inputs);
  else if (type === 'TABLE_FUNCTION') {
    const { function_name, children } = call as { function_name: string; children: unknown };
    if (!TABLE_FUNCTIONS.includes(function_name.toLowerCase())) {
      refuse(`reads from ${function_name}(…)`, 'declare what it reads under `inputs`');
    }
    check(children, names, inputs);
  } else if (type === 'SHOW_REF') refuse('uses DESCRIBE, SHOW or SUMMARIZE', 'write a SELECT');
  else if (!HARMLESS_TABLES.includes(String(type))) refuse(`has a table of the unknown kind ${String(type)}`);
  Object.values(rest).forEach((each) => check(each, names, inputs));
}

function checkName(node: Node, names: ReadonlySet<string>, inputs: readonly string[]): void {
  const parts = [node['catalog_name'], node['schema_name'], node['table_name']].filter((part) => part !== '');
  const name = parts.join('.');
  if (parts.length > 1) refuse(`reads ${name}`, 'name an input without a schema');
  if (names.has(name.toLowerCase())) return;
  const known = inputs.length === 0 ? 'there are none' : `there is ${inputs.join(', ')}`;
  refuse(`reads '${name}'`, `declare it under \`inputs\` (${known})`);
}

function checkExpression(node: Node): void {
  const name = node['function_name'];
  if (typeof name === 'string' && FORBIDDEN.test(name.toLowerCase())) {
    refuse(`calls ${name}(), which reaches beyond its arguments`, 'leave it out');
  }
}

function refuse(what: string, mend?: string): never {
  throw new Error(`the query ${what}${mend === undefined ? '' : `; ${mend}`}`);
}
