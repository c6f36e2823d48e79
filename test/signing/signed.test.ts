import { expect, test, vi } from "vitest";
import { OptionError } from "../../src/index.ts";
import { memoryNonces, type SignedOptions, signed } from "../../src/signing/index.ts";
import { KEYS } from "./support.ts";

const good: SignedOptions = { keys: [KEYS.current], scopes: ["drain"] };

test("keys that are missing, short or too many are refused, and none is repeated", () => {
  const short = "only-31-bytes-of-a-secret-key-x";
  const refused = [
    undefined,
    KEYS.current,
    [],
    [undefined],
    [""],
    [short],
    [undefined, KEYS.previous],
    [KEYS.current, short],
    [KEYS.current, ""],
    [KEYS.current, KEYS.previous, KEYS.other],
  ];
  for (const keys of refused) {
    const make = () => signed({ ...good, keys: keys as never });
    expect(make).toThrow(OptionError);
    expect(make).not.toThrow(short);
    expect(make).not.toThrow(KEYS.current);
  }
  expect(() => signed({ ...good, keys: [KEYS.current, undefined] })).not.toThrow();
});

test("a key is copied: to wipe the bytes afterwards changes nothing", async () => {
  const { signRequest } = await import("../../src/signing/index.ts");
  const key = new TextEncoder().encode(KEYS.current);
  const caller = signed({ ...good, keys: [key] });
  key.fill(0);
  const url = "https://app.example.com/queues/orders/drain";
  const { "xdrain-signature": value } = await signRequest(KEYS.current, { url });
  const body = async () => new Uint8Array(0);
  expect(await caller.verify({ value, method: "POST", url, body })).toEqual(["drain"]);
  expect(await caller.verify({ value, method: "GET", url, body })).toBeUndefined();
});

test("who may send needs a store of nonces", () => {
  const scopes = ["drain", "send"] as const;
  expect(() => signed({ ...good, scopes })).toThrow(/nonces/);
  expect(() => signed({ ...good, scopes, nonces: {} as never })).toThrow(OptionError);
  expect(() => signed({ ...good, scopes, nonces: memoryNonces() })).not.toThrow();
});

test("scopes, tolerances and options that are none are refused", () => {
  const refused: object[] = [
    { scopes: [] },
    { scopes: ["all"] },
    { scopes: "drain" },
    { scopes: undefined },
    { tolerance: 0 },
    { tolerance: "2 h" },
    { tolerance: "5 minutes" },
    { nonces: null },
    { key: KEYS.current },
  ];
  for (const options of refused) {
    expect(() => signed({ ...good, ...options } as SignedOptions)).toThrow(OptionError);
  }
});

test("to make a caller computes nothing", () => {
  const importKey = vi.spyOn(crypto.subtle, "importKey");
  signed(good);
  expect(importKey).not.toHaveBeenCalled();
});
