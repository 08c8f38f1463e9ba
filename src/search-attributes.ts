import type { Client } from '@temporalio/client';

/** Values of `temporal.api.enums.v1.IndexedValueType`. */
const KEYWORD = 2;
const DATETIME = 6;

/** All search attributes that runs are found by. */
const ATTRIBUTES = {
  MillracePipeline: KEYWORD,
  MillraceInterval: KEYWORD,
  MillraceTrigger: KEYWORD,
  MillraceIntervalStart: DATETIME,
};

/**
 * Whether runs may set their search attributes: looks whether they are registered, and registers them where that is
 * allowed. An upsert of an unregistered one would hang a workflow for ever, so without them runs go on unadorned.
 */
export async function ensureSearchAttributes(
  client: Client,
  warn: (message: string) => void,
): Promise<boolean> {
  const { namespace } = client.options;
  const operator = client.connection.operatorService;
  try {
    const { customAttributes } = await operator.listSearchAttributes({ namespace });
    const missing = Object.entries(ATTRIBUTES).filter(([name]) => !customAttributes?.[name]);
    if (missing.length === 0) return true;
    await operator.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) });
    return true;
  } catch (error) {
    const create = Object.entries(ATTRIBUTES)
      .map(([name, type]) => `--name ${name} --type ${type === KEYWORD ? 'Keyword' : 'Datetime'}`)
      .join(' ');
    warn(
      `runs go without search attributes (${error instanceof Error ? error.message : String(error)}); ` +
        `to add them: temporal operator search-attribute create --namespace ${namespace} ${create}`,
    );
    return false;
  }
}
