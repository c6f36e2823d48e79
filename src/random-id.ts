/**
 * 24 characters, 124 bits: no two passes or requests draw the same. Processes that were restored from one
 * snapshot may draw the same numbers, so a request mixes in what it is `about`.
 */
export function randomId(random: () => number, about = ""): string {
  let id = "";
  let mix = 1;
  for (let i = 0; i < about.length + 24; i += 1) {
    mix = Math.imul(mix ^ about.charCodeAt(i), 0x9e3779b1); // behind the end there is nothing to mix in
    if (i >= about.length)
      id += Math.floor(((random() + (mix >>> 0) / 2 ** 32) % 1) * 36).toString(36);
  }
  return id;
}
