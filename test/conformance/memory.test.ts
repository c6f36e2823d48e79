import { conformance } from "./suite.ts";
import { memoryTarget } from "./targets.ts";

conformance(memoryTarget);
