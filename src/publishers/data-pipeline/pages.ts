import { fromAwsError } from '../../aws-error.ts';

interface Page<Item> {
  items: Item[];
  marker?: string | undefined;
  hasMoreResults?: boolean | undefined;
}

/** Follows the markers to the last page. */
export async function allPages<Item>(
  doing: string,
  fetchPage: (marker: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  try {
    for (let marker: string | undefined; ;) {
      const page = await fetchPage(marker);
      all.push(...page.items);
      if (page.hasMoreResults !== true || !page.marker) return all;
      marker = page.marker;
    }
  } catch (error) {
    throw fromAwsError(error, doing);
  }
}
