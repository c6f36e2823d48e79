export type { Kick, KickRequest } from "../wake.ts";
