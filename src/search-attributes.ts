import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from './domain/search-attributes.ts';

/** Values of `temporal.api.enums.v1.IndexedValueType`. */
const VALUE_TYPE = { Keyword: 2, Datetime: 6 } as const;

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
    const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !customAttributes?.[name]);
    if (missing.length === 0) return true;
    const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, VALUE_TYPE[type]]));
    await operator.addSearchAttributes({ namespace, searchAttributes });
    return true;
  } catch (error) {
    const create = Object.entries(SEARCH_ATTRIBUTES)
      .map(([name, type]) => `--name ${name} --type ${type}`)
      .join(' ');
    warn(
      `runs go without search attributes (${error instanceof Error ? error.message : String(error)}); ` +
        `to add them: temporal operator search-attribute create --namespace ${namespace} ${create}`,
    );
    return false;
  }
}
