import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signed } from "../../src/signing/index.ts";
import { KEYS } from "./keys.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/invoking.md"), "utf8");

test("the shell script in the docs signs what is verified here", async () => {
  const script = /^```sh\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? expect.fail("The block is gone.");
  // A curl that only says what it was told to do.
  const told = execFileSync("sh", ["-ec", `curl() { printf '%s\\n' "$@"; }\n${script}`], {
    encoding: "utf8",
    env: { ...process.env, SIGNING_KEY: KEYS.current },
  });
  const [, method = "", url = "", , header = ""] = told.split("\n");
  expect([method, url]).toEqual(["POST", "https://app.example.com/queues/orders/drain"]);
  const value = header.replace("xdrain-signature: ", "");
  const body = async () => new Uint8Array(0);
  const verifiedWith = (key: string) =>
    signed({ keys: [key], scopes: ["drain"] }).verify({ value, method, url, body });
  expect(await verifiedWith(KEYS.current)).toEqual(["drain"]);
  expect(await verifiedWith(KEYS.other)).toBeUndefined();
});
