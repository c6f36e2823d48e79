import { defineGroup } from "../../command.ts";
import { ls } from "./ls.ts";
import { purge } from "./purge.ts";
import { redrive } from "./redrive.ts";
import { show } from "./show.ts";

export const dlq = defineGroup("dlq", "Dead letters: look at them, send them again, remove them", [
  ls,
  show,
  redrive,
  purge,
]);
