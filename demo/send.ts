import type { Intent, WebhookRequest } from "./requests.ts";

/** GitHub opens more than one connection too, and order is never promised. */
const AT_ONCE = 8;

/** How the receiver answered: a count for each status, by what the request was meant to meet. */
export type Answers = Readonly<Record<Intent, Readonly<Record<number, number>>>>;

/** Sends the webhooks to their receiver. A connection that breaks counts as status 0. */
export async function sendAll(
  requests: readonly WebhookRequest[],
  url: string,
  onAnswer: (status: number) => void,
): Promise<Answers> {
  const answers: Record<Intent, Record<number, number>> = {
    first: {},
    again: {},
    forged: {},
    malformed: {},
  };
  let next = 0;
  const worker = async () => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const status = await send(request, url);
      const counts = answers[request.intent];
      counts[status] = (counts[status] ?? 0) + 1;
      onAnswer(status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

/** Adds the answers of one part to those of another. */
export function addAnswers(one: Answers, other: Answers): Answers {
  const sum = (intent: Intent) => {
    const counts: Record<number, number> = { ...one[intent] };
    for (const [status, count] of Object.entries(other[intent])) {
      counts[Number(status)] = (counts[Number(status)] ?? 0) + count;
    }
    return counts;
  };
  return {
    first: sum("first"),
    again: sum("again"),
    forged: sum("forged"),
    malformed: sum("malformed"),
  };
}

async function send({ headers, body }: WebhookRequest, url: string): Promise<number> {
  try {
    const response = await fetch(url, { method: "POST", headers, body });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
