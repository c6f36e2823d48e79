import { expect, test } from "vitest";
import { createCleanup } from "../../demo/cleanup.ts";

test("the clean-up runs backwards, past steps that fail or hang", async () => {
  const failures: unknown[] = [];
  const done: string[] = [];
  const cleanup = createCleanup((error) => failures.push(error));
  cleanup.add(() => done.push("first"));
  cleanup.add(() => new Promise(() => {}), 1);
  cleanup.add(() => Promise.reject(new Error("no")));
  cleanup.add(() => done.push("last"));
  await cleanup.run();
  expect(done).toEqual(["last", "first"]);
  expect(failures).toHaveLength(2);
});

test("what is added after the clean-up began is undone too", async () => {
  const done: string[] = [];
  const cleanup = createCleanup(() => expect.fail("failed"));
  cleanup.add(() => {
    cleanup.add(() => done.push("late"));
  });
  await cleanup.run();
  cleanup.add(() => done.push("later"));
  await cleanup.run();
  expect(done).toEqual(["late", "later"]);
});
