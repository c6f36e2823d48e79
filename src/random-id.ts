/**
 * 24 characters, 124 bits: no two passes or requests draw the same. Processes that were restored from one
 * snapshot may draw the same numbers, so a request mixes in what it is `about`.
 */
export function randomId(random: () => number, about = ""): string {
  let mix = 1;
  for (let i = 0; i < about.length; i += 1) mix = Math.imul(mix ^ about.charCodeAt(i), 0x9e3779b1);
  let id = "";
  for (let i = 0; i < 24; i += 1) {
    mix = Math.imul(mix ^ (mix >>> 15), 0x85ebca6b);
    id += Math.floor(((random() + (mix >>> 0) / 2 ** 32) % 1) * 36).toString(36);
  }
  return id;
}
