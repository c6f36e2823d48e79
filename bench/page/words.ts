import { allSides } from "../sides/all.ts";

export const INTRODUCTION = `# Performance

Made by \`npm run bench\` from [performance/results.json](performance/results.json); do not edit it by hand.

\`\`\`sh
npm run bench                              # all of it but the long runs, half an hour
npm run bench -- --quick                   # eleven figures in under a minute, one line of JSON
npm run bench -- --only latency,payloads   # some parts
npm run bench -- --sustained --minutes 10  # a load that lasts
npm run bench -- --backlog 5000000         # a large backlog
npm run bench -- --report                  # this page again, from the results
\`\`\`

Absolute figures are those of one small machine that runs everything: Redis, the gateway, the proxies
that add latency, and the measured side. So the ratios count. Each is the median over alternated
pairs, all sides in one run, on the same work, behind the same added latency. Each run compares itself
with the last and prints what changed. Redis runs without persistence.`;

/** What each side is, and how it is tuned. */
export function aboutSides(): string[] {
  return [
    "## The sides",
    allSides.map(({ name, about }) => `- **${name}**: ${about}.`).join("\n"),
    "Streams are filled on the server before the clock runs; each message is handed to an `async` " +
      "handler, as parsed JSON. Over REST everybody goes through xdrain's own gateway, which is a process of its own.",
  ];
}
