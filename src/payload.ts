import { PayloadError } from "./errors.ts";
import { decodeFields } from "./fields.ts";
import { describeIssues, type StandardSchema } from "./standard-schema.ts";

/** The payload of an entry, through the queue's schema. @throws PayloadError */
export async function readPayload(
  schema: StandardSchema,
  fields: readonly string[],
): Promise<unknown> {
  const result = await schema["~standard"].validate(decodeFields(fields));
  if (result.issues === undefined) return result.value;
  const issues = describeIssues(result.issues);
  throw new PayloadError("invalid_payload", `The payload does not fit the schema: ${issues}`);
}
