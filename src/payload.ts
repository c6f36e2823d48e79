import { PayloadError } from "./errors.ts";
import { decodeFields } from "./fields.ts";
import { describeIssues, type StandardSchema } from "./standard-schema.ts";

/** The payload of an entry, through the queue's schema where it has one. @throws PayloadError */
export async function readPayload(
  schema: StandardSchema | undefined,
  fields: readonly string[],
): Promise<unknown> {
  const decoded = decodeFields(fields);
  if (schema === undefined) return decoded;
  const result = await schema["~standard"].validate(decoded);
  if (result.issues === undefined) return result.value;
  const issues = describeIssues(result.issues);
  throw new PayloadError("invalid_payload", `The payload does not fit the schema: ${issues}`);
}
