import { PayloadError, SendError } from "../../src/index.ts";
import { readBody } from "./body.ts";
import { type Inbox, type InboxDelivery, queueFor } from "./queue.ts";
import { signedBy } from "./signature.ts";

/** What is refused, and how: the sender learns what was wrong, never what was in the store. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Receives webhooks as GitHub sends them: checks the signature over the raw body, stores the
 * delivery, and answers at once; the work is done later, by a drain. The delivery's id is its
 * idempotency key, so a redelivery of what is done is not worked on again. Urgent ones have a queue of
 * their own. Where the queue knows how, it asks for a pass at once.
 *
 * Answers 202 with the message's id; 401 for a missing or wrong signature, 400 for a body or headers
 * that are not a webhook's, 413 for more than the queue takes (8 MB), and 503 when the store did not
 * take it: then nothing may be lost, and GitHub shows the delivery as failed for a redelivery.
 *
 * @throws TypeError for an empty secret: with one, anybody could sign.
 */
export function acceptWebhook(
  inbox: Inbox,
  secret: string,
): (request: Request) => Promise<Response> {
  if (typeof secret !== "string" || secret === "") {
    throw new TypeError("Expected the webhook's secret, got none. Is the variable set?");
  }

  return async (request) => {
    try {
      const delivery = await readDelivery(request, secret, inbox.ordinary.resolved.maxPayload);
      const queue = queueFor(inbox, delivery.event);
      const { id } = await queue.send(delivery, {
        idempotencyKey: delivery.delivery,
        wake: queue.resolved.wake !== undefined,
      });
      return Response.json({ id }, { status: 202 });
    } catch (error) {
      const { status, message } = refusalOf(error);
      const headers = status === 405 ? { allow: "POST" } : undefined;
      return Response.json({ error: message }, { status, ...(headers && { headers }) });
    }
  };
}

/** The delivery of a request. Nothing of the body is looked at before its signature is right. */
async function readDelivery(
  request: Request,
  secret: string,
  limit: number,
): Promise<InboxDelivery> {
  if (request.method !== "POST") throw new Refusal(405, "Expected POST.");
  const body = await readBody(request, limit);
  if (body === undefined) throw new Refusal(413, `Expected at most ${limit} bytes.`);
  if (!(await signedBy(secret, body, request.headers.get("x-hub-signature-256")))) {
    throw new Refusal(401, "Expected X-Hub-Signature-256 over this body with the shared secret.");
  }
  return {
    event: header(request, "X-GitHub-Event", /^[a-z0-9_]{1,100}$/),
    delivery: header(request, "X-GitHub-Delivery", /^[\x21-\x7e]{1,200}$/),
    payload: parseObject(body),
  };
}

function header(request: Request, name: string, pattern: RegExp): string {
  const value = request.headers.get(name);
  if (value === null) throw new Refusal(400, `Expected the header ${name}.`);
  if (!pattern.test(value)) throw new Refusal(400, `Expected ${name} as GitHub writes it.`);
  return value;
}

function parseObject(body: Uint8Array): object {
  const advice = "Set the webhook's content type to application/json.";
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body));
  } catch {
    throw new Refusal(400, `Expected a body of JSON in UTF-8. ${advice}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Refusal(400, `Expected a JSON object. ${advice}`);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof SendError) {
    return new Refusal(503, "The delivery could not be stored. Send it again.");
  }
  if (error instanceof PayloadError) {
    return new Refusal(error.code === "payload_too_large" ? 413 : 400, error.message);
  }
  throw error;
}
