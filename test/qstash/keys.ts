/** As long as those of Upstash. */
export const QSTASH_KEYS = {
  current: "sig_CurrentSigningKeyOfTheTests01",
  next: "sig_NextSigningKeyOfTheTests00002",
  other: "sig_SomebodyElsesSigningKey000003",
} as const;
