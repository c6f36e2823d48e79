// npm run bench: see docs/performance.md for what there is.

import { parseArgs } from "node:util";
import { publish } from "./page/publish.ts";
import { allParts } from "./parts/all.ts";
import type { Part } from "./parts/part.ts";
import { runQuick } from "./quick.ts";
import { DOCS } from "./results.ts";
import { runSuite } from "./suite.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    only: { type: "string" },
    sustained: { type: "boolean", default: false },
    minutes: { type: "string", default: "10" },
    backlog: { type: "string" },
    day: { type: "boolean", default: false },
    weight: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.6" },
    out: { type: "string", default: DOCS },
  },
});

if (values.quick) await runQuick();
else if (values.report) publish(values.out);
else {
  await runSuite(
    chosenParts(),
    {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      minutes: Number(values.minutes),
      messages: Number(values.backlog ?? 5_000_000),
    },
    values.out,
  );
}

function chosenParts(): readonly Part[] {
  const asked = [
    ...(values.only?.split(",") ?? []),
    ...(["sustained", "day", "weight"] as const).filter((name) => values[name]),
    ...(values.backlog === undefined ? [] : ["backlog"]),
  ];
  if (asked.length === 0) return allParts.filter(({ always }) => always);
  return asked.map((name) => {
    const part = allParts.find((one) => one.name === name);
    if (part !== undefined) return part;
    const names = allParts.map((one) => one.name).join(", ");
    throw new Error(`Expected parts of ${names}; got ${name}.`);
  });
}
