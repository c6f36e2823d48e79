import { expect, test } from "vitest";
import { addUp, readLogged, readReport } from "../../demo/reports.ts";
import { drain } from "../../src/index.ts";
import { tcpQueue } from "../support/stores.ts";

test("a report that came as JSON adds up, and anything else is refused", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  const report: unknown = JSON.parse(JSON.stringify(await drain(queue, () => {})));
  const totals = readReport(report);
  expect(addUp([totals, totals])).toMatchObject({ passes: 2, completed: 4, dead: 0 });
  expect(() => readReport({ error: { code: "store_unavailable" } })).toThrow("store_unavailable");
  expect(() => readReport(undefined)).toThrow("report");
});

test("of what a function logs, only the reports of passes count", async () => {
  const report = await drain(tcpQueue(), () => {});
  expect(readLogged(JSON.stringify({ message: "pass", ...report }))).toMatchObject({ passes: 1 });
  expect(readLogged('{"message":"something else"}')).toBeUndefined();
  expect(readLogged("a line of text")).toBeUndefined();
});
