export const KEYS = {
  current: "the-current-key-of-at-least-32-bytes",
  previous: "the-previous-key-of-at-least-32-bytes",
  other: "a-key-of-somebody-else-with-32-bytes",
} as const;
