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

/** Why some targets are not met, and what the limits are. */
export const LIMITS = `## The limits

- **Script time.** A script of four lines that reads what its consumer owns, compares, acknowledges,
  deletes and reads the next hundred takes 7.0 to 7.3 µs a message on the machine of these figures, so
  six cannot be reached there by any script with a fence and removal. Of that, 3.6 µs are the commands
  (XDEL 1.4, XREADGROUP 1.3, XACK 0.4, XPENDING 0.4), the rest is turning replies into Lua's tables and
  back. The turn of xdrain takes 7.4 to 10.7 µs. Keys add one ZMSCORE and two ZADDs, 1.7 µs of commands.
  Deleting by XTRIM, or acknowledging without asking who owns a message, would be faster, and would lose
  work or let a pass that lost its lease settle.
- **One lane at no latency.** Client, gateway and Redis wait for each other, so each microsecond counts
  twice: 100 messages take a turn of 2.9 ms, of which the script is 0.9. The bare loop needs 2.1 and 0.6. Four lanes
  let them work at the same time; on two cores they share what there is.
- **Weights.** Of the Worker's 74 KB, \`@upstash/redis\` is 18, hono 8, the scripts in Lua 12, the core and its store 25, metrics 3,
  the rest HTTP, signatures and the function itself. Lua is stripped, and its variables are shortened; it alone is what the target for the
  core allows. Delays, deduplication, limits, replays, priorities and statistics are part of every store, since they are parts of one script.
  Without the client, whose retries, decoding and pipelining are off, the Worker would take 56 KB; it stays, because it is the
  client that people know and keep up to date. EventBridge is 8 KB of the Lambda function, its log 3. The dashboard is a Worker of its own.
- **The gateway, a script's turn, 32 clients.** Such a reply is sixty short strings in nested arrays. The gateway
  keeps each as the bytes that came, since a client may ask for base64, and writes them into JSON one by one; the bare
  server lets \`ioredis\` make strings and writes the whole in one native call: 18 µs against 5 for the writing alone, in a
  request of 120 to 160; most of the rest is making sixty Buffers.
- **Busy heap.** A pass holds up to two batches of decoded messages; BullMQ holds its running jobs.`;
