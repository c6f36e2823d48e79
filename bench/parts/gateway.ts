import { type GatewayRatio, gatewayRatios } from "../gateway.ts";
import { atLeast, figure, ratio } from "../page/section.ts";
import { definePart } from "./part.ts";

const WORDS: Readonly<Record<string, string>> = {
  get: "GET",
  pipeline: "a pipeline of 20",
  turn: "a script's turn",
};

const nameOf = ({ work, clients }: GatewayRatio) =>
  `${WORDS[work] ?? work}, ${clients} ${clients === 1 ? "client" : "clients"}`;

/** What the gateway adds to the least that a server in Node can do. */
export const gateway = definePart<readonly GatewayRatio[]>({
  name: "gateway",
  title: "The gateway beside a bare server",
  measure: ({ rounds }) => gatewayRatios({ pairs: Math.max(7, rounds) }),
  goals: (ratios) =>
    ratios.map((one) => atLeast(`Gateway : bare Node server, ${nameOf(one)}`, 0.85, one.ratio)),
  section: (ratios) => ({
    text: [
      "The gateway before Redis, beside the barest server in Node that can stand there: `node:http`, a token, the " +
        "body parsed, handed to `ioredis` unchecked, the reply as JSON. No limits, no rules. Requests " +
        "by clients that wait for each answer on a connection that they keep.",
    ],
    tables: [
      {
        columns: ["", "of the bare server", "gateway, requests per second", "bare server"],
        rows: ratios.map((one) => [
          nameOf(one),
          `${ratio(one.ratio)} ×`,
          figure(one.gateway),
          figure(one.bare),
        ]),
      },
    ],
    charts: [],
  }),
  figures: (ratios) =>
    Object.fromEntries(ratios.map((one) => [`gateway, ${nameOf(one)} : bare server`, one.ratio])),
});
