import { conformance } from "./suite.ts";
import { embeddedTarget } from "./targets.ts";

conformance(embeddedTarget);
