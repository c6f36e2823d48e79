import type { Memory } from "./memory.ts";

const LISTS = new WeakMap<Memory, Map<string, string[]>>();

/** A list as other programs see it, its left end first; made where it is missing. */
export function listOf(memory: Memory, name: string): string[] {
  const lists = LISTS.get(memory) ?? new Map<string, string[]>();
  LISTS.set(memory, lists);
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}
