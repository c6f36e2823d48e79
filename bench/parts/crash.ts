import { type Crash, crashSides, type Recovery, recover } from "../costs/crash.ts";
import { startEnvironment } from "../environment.ts";
import { figure } from "../page/section.ts";
import { definePart } from "./part.ts";

const SETTING = { latencyMs: 20, mostPasses: 20 };
const CRASHES: readonly Crash[] = [
  { dead: 2_000, inFront: 0 },
  { dead: 100, inFront: 100_000 },
];

interface Data {
  readonly crashes: readonly (Crash & { readonly recoveries: readonly Recovery[] })[];
}

/** What a pass died with: how many passes it takes to bring that back. */
export const crash = definePart<Data>({
  name: "crash",
  title: "After a crash",
  always: false,
  async measure() {
    const env = await startEnvironment();
    try {
      const crashes = [];
      for (const one of CRASHES) {
        const recoveries = [];
        for (const side of crashSides) recoveries.push(await recover(env, side, one, SETTING));
        crashes.push({ ...one, recoveries });
      }
      return { crashes };
    } finally {
      await env.close();
    }
  },
  goals: ({ crashes }) =>
    crashes.map(({ dead, inFront, recoveries }) => {
      const own = recoveries.find(({ side }) => side === "xdrain");
      const behind = inFront === 0 ? "" : ` behind ${figure(inFront)} in flight`;
      return {
        what: `Passes to bring back ${figure(dead)}${behind}`,
        target: inFront === 0 ? "1" : "≤ 2",
        measured: figure(own?.passes),
        met: own?.back === dead && own.passes <= (inFront === 0 ? 1 : 2),
      };
    }),
  section: ({ crashes }) => ({
    text: [
      `Messages that one pass had in hand when it died, brought back by passes one after the other, at most ${SETTING.mostPasses}; ` +
        `over REST, ${SETTING.latencyMs} ms added to each round trip, handlers that do nothing. The hand-written loop calls XAUTOCLAIM for a ` +
        "batch at its start, as tutorials show, and acknowledges each message. A pass comes with each tick.",
    ],
    tables: crashes.map(({ dead, inFront, recoveries }) => ({
      caption: `${figure(dead)} messages, ${figure(inFront)} others in flight in front of them.`,
      columns: ["", "came back", "passes", "seconds of them", "requests", "Redis commands"],
      rows: recoveries.map(({ side, back, passes, seconds, requests, commands }) => [
        side,
        ...[back, passes, seconds, requests, commands].map(figure),
      ]),
    })),
    charts: [],
  }),
  figures: ({ crashes }) =>
    Object.fromEntries(
      crashes.flatMap(({ inFront, recoveries }) =>
        recoveries.map(({ side, passes }) => [`${side}, ${inFront} in front: passes`, passes]),
      ),
    ),
});
