import { conformance } from "./suite.ts";
import { tcpTarget } from "./targets.ts";

conformance(tcpTarget);
