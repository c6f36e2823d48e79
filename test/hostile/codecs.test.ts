import fc from "fast-check";
import { expect, test } from "vitest";
import { PayloadError } from "../../src/errors.ts";
import { decodeFields, encodeFields } from "../../src/fields.ts";
import { corpus, effort, expectCleanPrototypes, json, text } from "./support.ts";

function decodesOrRefuses(fields: readonly string[]): void {
  try {
    decodeFields(fields);
  } catch (error) {
    expect(error).toBeInstanceOf(PayloadError);
  }
  expectCleanPrototypes();
}

test("whatever an entry holds, it is a payload or a payload error", () => {
  for (const fields of corpus<string[]>("fields")) decodesOrRefuses(fields);
  fc.assert(fc.property(fc.array(text, { maxLength: 8 }), decodesOrRefuses), effort(2_000));
});

test("lengths that lead backwards end", () => {
  for (const raw of ["-3:", "1:a-9:", "0:-2:", "-0:", "1e0:a", " 1:a"]) {
    decodesOrRefuses(["xd:raw", raw]);
  }
});

test("any JSON comes back as it was sent", () => {
  const roundTrip = (payload: unknown) => {
    const fields = encodeFields("json", payload, { field: "xd:k", value: "key" });
    expect(JSON.stringify(decodeFields(fields))).toBe(JSON.stringify(payload));
  };
  fc.assert(fc.property(json, roundTrip), effort(1_000));
});
