import { defineGroup } from "../../command.ts";
import { pause, remove, resume } from "./change.ts";
import { ensure } from "./ensure.ts";
import { ls } from "./ls.ts";

export const schedule = defineGroup("schedule", "Recurring passes by EventBridge Scheduler", [
  ensure,
  ls,
  pause,
  resume,
  remove,
]);
