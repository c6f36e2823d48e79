// Hosts the Worker in workerd and fires its cron, again and again, until it is told to stop. Killing
// this process group kills workerd with it.

import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import { type HostSettings, settingsOf } from "./child-settings.ts";

const { folder, vars } = settingsOf<HostSettings>();
let stopping = false;
process.on("message", () => {
  stopping = true;
});
process.on("disconnect", () => process.exit());

const harness = createTestHarness({
  root: folder,
  workers: [
    {
      config: {
        name: "chaos",
        main: fileURLToPath(new URL("./drain.worker.ts", import.meta.url)),
        compatibility_date: "2026-09-01",
        vars: { ...vars },
      },
    },
  ],
});
await harness.listen();
const worker = harness.getWorker();
while (!stopping) {
  // A store that cannot be reached makes a cron fail; the next one tries again.
  await worker.scheduled({ cron: "* * * * *", scheduledTime: new Date() });
  harness.clearLogs();
  await new Promise((done) => setTimeout(done, 50));
}
await harness.close();
process.exit();
