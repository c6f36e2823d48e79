import { conformance } from "./suite.ts";
import { restTarget } from "./targets.ts";

conformance(restTarget);
