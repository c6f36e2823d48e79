import type { Context } from "hono";
import { bodyReader } from "../runtimes/http/body.ts";
import { HttpError } from "../runtimes/http/errors.ts";
import type { Desk } from "./desk.ts";
import { Refusal } from "./refusal.ts";
import { isProof, type Session } from "./session.ts";
import type { Visit } from "./visit.ts";

/** Largest form, in bytes: a payload that is sent by hand, and the ids of a page. */
const MAX_FORM_BYTES = 1_000_000;

/** Somebody who is signed in, and what they filled in. */
export interface Submission {
  readonly visit: Visit;
  readonly session: Session;
  readonly form: URLSearchParams;
}

/** A form of ours from another session of this browser: what was filled in can be shown, and sent anew. */
export class StaleForm extends Refusal {
  readonly form: URLSearchParams;

  constructor(form: URLSearchParams) {
    super(403, "This form is from another session: load its page again.");
    this.form = form;
  }
}

/**
 * Reads a form that comes from a page of ours.
 * @throws Refusal 403 for one from elsewhere, 413 for one that is too large, 400 for what is no form.
 */
export async function readForm(desk: Desk, context: Context): Promise<URLSearchParams> {
  const request = context.req.raw;
  if (!isOurs(request, desk.resolved.origin)) {
    throw new Refusal(403, "This form was not sent from a page of this dashboard.");
  }
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) {
    throw new Refusal(400, "Expected a form.");
  }
  try {
    const bytes = await bodyReader(request, MAX_FORM_BYTES)();
    return new URLSearchParams(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof HttpError) throw new Refusal(413, error.message);
    throw error;
  }
}

/** Reads a form of somebody who is signed in, and who sent it on purpose. @throws Refusal 401, 403 */
export async function readSubmission(desk: Desk, context: Context): Promise<Submission> {
  const visit = await desk.visitOf(context);
  const { session } = visit;
  if (session === undefined) throw new Refusal(401, "You are not signed in any more.");
  const form = await readForm(desk, context);
  if (!(await isProof(form.get("proof") ?? "", session))) throw new StaleForm(form);
  return { visit, session, form };
}

/** The same from somebody who may change queues. @throws Refusal 401, 403 */
export async function readChange(desk: Desk, context: Context): Promise<Submission> {
  const submission = await readSubmission(desk, context);
  if (submission.session.role !== "admin") {
    throw new Refusal(403, "You may look, and change nothing.");
  }
  return submission;
}

/** Browsers say where a form comes from; what says nothing is no browser's form. */
function isOurs({ url, headers }: Request, expected: string | undefined): boolean {
  const origin = headers.get("origin");
  if (origin === null || !URL.canParse(origin)) return false;
  if (expected !== undefined) return origin === expected;
  // Behind a proxy the scheme may differ from what the browser sees, the host does not.
  return new URL(origin).host === new URL(url).host;
}
