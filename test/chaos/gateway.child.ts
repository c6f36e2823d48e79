// The gateway in a process of its own.

import { serveGateway } from "../../src/gateway/index.ts";
import { type GatewaySettings, settingsOf } from "./child-settings.ts";

const { redis, port, token } = settingsOf<GatewaySettings>();
await serveGateway({ redis, port, token });
process.on("message", () => process.exit());
process.on("disconnect", () => process.exit());
