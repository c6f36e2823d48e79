import type { Command } from "../command.ts";
import { cancel } from "./cancel.ts";
import { claim } from "./claim.ts";
import { completion } from "./completion.ts";
import { dev } from "./dev.ts";
import { dlq } from "./dlq/index.ts";
import { doctor } from "./doctor.ts";
import { drain } from "./drain.ts";
import { exportQueue } from "./export.ts";
import { gateway } from "./gateway.ts";
import { importQueue } from "./import.ts";
import { ls } from "./ls.ts";
import { passes } from "./passes.ts";
import { pause } from "./pause.ts";
import { pending } from "./pending.ts";
import { repair } from "./repair.ts";
import { replay } from "./replay.ts";
import { resume } from "./resume.ts";
import { schedule } from "./schedule/index.ts";
import { send } from "./send.ts";
import { show } from "./show.ts";
import { stats } from "./stats.ts";
import { tail } from "./tail.ts";
import { top } from "./top.ts";
import { trim } from "./trim.ts";

/** All commands, in the order in which the help shows them. */
export const commands: readonly Command[] = [
  dev,
  send,
  drain,
  stats,
  top,
  ls,
  tail,
  pending,
  passes,
  show,
  claim,
  dlq,
  pause,
  resume,
  replay,
  cancel,
  repair,
  trim,
  doctor,
  exportQueue,
  importQueue,
  gateway,
  schedule,
  completion,
];
