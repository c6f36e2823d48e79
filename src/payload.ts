import { PayloadError } from "./errors.ts";
import { describeIssues, type StandardSchema } from "./standard-schema.ts";

/** A payload through the queue's schema. @throws PayloadError if it does not fit. */
export async function throughSchema(schema: StandardSchema, payload: unknown): Promise<unknown> {
  const result = await schema["~standard"].validate(payload);
  if (result.issues === undefined) return result.value;
  const issues = describeIssues(result.issues);
  throw new PayloadError("invalid_payload", `The payload does not fit the schema: ${issues}`);
}
