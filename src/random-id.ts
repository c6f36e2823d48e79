const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** 24 characters, 124 bits: no two passes or requests draw the same. */
export function randomId(random: () => number): string {
  let id = "";
  for (let i = 0; i < 24; i += 1) id += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return id;
}
