import { parseArgs } from "node:util";
import { runQuick } from "./quick.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
if (values.quick) await runQuick();
