import { afterAll, beforeAll } from "vitest";
import { claiming } from "./claiming.ts";
import { copies } from "./copies.ts";
import { deadLetters } from "./dead-letters.ts";
import { deduplication } from "./deduplication.ts";
import { delayed } from "./delayed.ts";
import { groups } from "./groups.ts";
import { journal } from "./journal.ts";
import { keys } from "./keys.ts";
import { leases } from "./leases.ts";
import { limits } from "./limits.ts";
import { options } from "./options.ts";
import { orphans } from "./orphans.ts";
import { passes } from "./passes.ts";
import { payloads } from "./payloads.ts";
import { priorities } from "./priorities.ts";
import { removal } from "./removal.ts";
import { replaying } from "./replaying.ts";
import { reports } from "./reports.ts";
import { sending } from "./sending.ts";
import { settling } from "./settling.ts";
import { snapshots } from "./snapshots.ts";
import type { Target } from "./target.ts";
import { throttling } from "./throttling.ts";

/** Holds a store to the port, and the queue above it to what it promises. */
export function conformance(open: () => Promise<Target>): void {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target.close());
  const concerns = [
    claiming,
    settling,
    leases,
    copies,
    keys,
    removal,
    orphans,
    groups,
    deadLetters,
    delayed,
    deduplication,
    sending,
    replaying,
    throttling,
    priorities,
    journal,
    passes,
    reports,
    payloads,
    limits,
    snapshots,
    options,
  ];
  for (const concern of concerns) concern(() => target);
}
