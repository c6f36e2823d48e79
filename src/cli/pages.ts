import type { Page } from "../inspect/index.ts";

const MOST = 500;

/** Reads pages until there are so many items. */
export async function take<Item>(
  limit: number,
  read: (next: string | undefined, count: number) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let next: string | undefined;
  do {
    const page = await read(next, Math.min(MOST, limit - items.length));
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined && items.length < limit);
  return items;
}
