/** Entries as Redis answers them. */
export type RawEntries = readonly (readonly [id: string, fields: string[]])[];
export type Data = Readonly<Record<string, string>>;
export type Entry = readonly [id: string, data: Data];

/** Entries with their fields as objects. */
export function toEntries(entries: RawEntries): Entry[] {
  return entries.map(([id, fields]) => [id, toData(fields)]);
}

function toData(fields: readonly string[]): Data {
  const data: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) data[fields[i] ?? ""] = fields[i + 1] ?? "";
  return data;
}
