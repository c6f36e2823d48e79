import { checkClock } from "./checks/clock.ts";
import { checkConsumers } from "./checks/consumers.ts";
import { checkDurability } from "./checks/durability.ts";
import { checkGroup } from "./checks/group.ts";
import { checkGrowth } from "./checks/growth.ts";
import { checkHistory } from "./checks/history.ts";
import { checkPace } from "./checks/pace.ts";
import { checkPasses } from "./checks/passes.ts";
import { checkPending } from "./checks/pending.ts";
import { checkRetries } from "./checks/retries.ts";
import { checkRights } from "./checks/rights.ts";
import { checkSilence } from "./checks/silence.ts";
import { checkStorage } from "./checks/storage.ts";
import { checkTrimming } from "./checks/trimming.ts";
import { checkVersion } from "./checks/version.ts";
import type { Facts } from "./facts.ts";
import type { Check, Finding, Severity } from "./finding.ts";

const CHECKS: readonly Check[] = [
  checkGroup,
  checkPending,
  checkTrimming,
  checkPasses,
  checkPace,
  checkHistory,
  checkConsumers,
  checkGrowth,
  checkStorage,
  checkDurability,
  checkClock,
  checkRights,
  checkRetries,
  checkSilence,
  checkVersion,
];

const ORDER: readonly Severity[] = ["problem", "warning", "note"];

/** All findings that the facts hold, the gravest first. */
export function diagnose(facts: Facts): readonly Finding[] {
  const findings = CHECKS.flatMap((check) => check(facts));
  return findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
