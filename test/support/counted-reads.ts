import type { Store } from "../../src/store.ts";

/** The same store, with the round trips of reads and the characters of their answers counted. */
export function counted(store: Store) {
  const seen = { requests: 0, chars: 0 };
  const read: Store["read"] = async (commands, limits) => {
    const answers = (await store.read?.(commands, limits)) ?? [];
    seen.requests += 1;
    seen.chars += JSON.stringify(answers).length;
    return answers;
  };
  const stats: Store["stats"] = (...args) => {
    seen.requests += 1;
    return store.stats(...args);
  };
  return { seen, store: { ...store, read, stats } };
}
