import { expect, test } from "vitest";
import { NOTHING } from "../../demo/reports.ts";
import type { Runtime } from "../../demo/runtime.ts";
import { startTicking } from "../../demo/tick.ts";

function runtime(tick: Runtime["tick"]): Runtime {
  return { name: "f", what: "a function", tick };
}

test("every runtime ticks until all is settled", async () => {
  let ticks = 0;
  const pass = { ...NOTHING, passes: 1, completed: 1 };
  const tick = () => {
    ticks += 1;
    return Promise.resolve(pass);
  };
  const both = [runtime(tick), runtime(tick)];
  const settled = () => Promise.resolve(ticks >= 2);
  const { done, finished } = startTicking(both, { settled, deadline: Infinity });
  await finished;
  for (const totals of done.values()) expect(totals.completed).toBeGreaterThan(0);
});

test("what the runtimes did before is added to", async () => {
  const before = new Map([[runtime(() => Promise.resolve(NOTHING)), { ...NOTHING, completed: 3 }]]);
  const settled = () => Promise.resolve(true);
  const { done, finished } = startTicking([...before.keys()], { settled, deadline: 0, before });
  await finished;
  expect([...done.values()]).toMatchObject([{ completed: 3 }]);
});

test("a runtime that fails ends the ticking, and a deadline ends it too", async () => {
  const broken = runtime(() => Promise.reject(new Error("workerd is gone")));
  const settled = () => Promise.resolve(false);
  const failing = startTicking([broken], { settled, deadline: Infinity });
  await expect(failing.finished).rejects.toThrow("workerd is gone");
  const idle = runtime(() => Promise.resolve(NOTHING));
  await startTicking([idle], { settled, deadline: 0 }).finished;
});
