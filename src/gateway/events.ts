import { errorAnswer } from "./answer.ts";
import type { Topic } from "./backend.ts";
import { GatewayError } from "./errors.ts";
import { type EventBody, openEventBody } from "./event-body.ts";
import { type GatewayContext, openExchange } from "./exchange.ts";
import { splitPath } from "./parse.ts";

/** The event streams of one gateway. */
export interface EventStreams {
  /** Answers `/subscribe/…`, `/psubscribe/…` and `/monitor` with server-sent events. */
  open(request: Request, kind: Topic["kind"]): Promise<Response>;
  /** Ends all streams and takes no more. */
  close(): void;
}

export function createEventStreams(context: GatewayContext): EventStreams {
  const streams = new Set<EventBody>();
  let opening = 0;
  let closed = false;

  async function open(request: Request, kind: Topic["kind"]): Promise<Response> {
    const { access } = openExchange(context, request);
    if (request.method === "HEAD") {
      throw new GatewayError("method_not_allowed", "ERR method not allowed");
    }
    if (closed) throw new GatewayError("stopping", "ERR the gateway is stopping");
    // A pattern and MONITOR tell names that the client did not know, as KEYS and SCAN do.
    if (access === "read-only" && kind !== "subscribe") {
      throw new GatewayError(
        "refused",
        `NOPERM this user has no permissions to run the '${kind}' command`,
      );
    }
    if (streams.size + opening >= context.options.maxStreams) {
      throw new GatewayError("overloaded", "ERR too many event streams; try again later");
    }
    const topic = topicOf(kind, request.url);
    opening += 1;
    try {
      return await stream(topic);
    } finally {
      opening -= 1;
    }
  }

  async function stream(topic: Topic): Promise<Response> {
    let stop: (() => void) | undefined;
    const body = openEventBody(() => {
      streams.delete(body);
      stop?.();
    });
    try {
      stop = await context.backend.listen(topic, { onEvent: body.send, onEnd: body.end });
    } catch (error) {
      body.end();
      throw error;
    }
    // It may have ended before there was anything to stop, or the gateway may have.
    if (closed) body.end();
    if (body.ended()) stop();
    else streams.add(body);
    return new Response(body.stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "upstash-sync-token": context.syncToken(),
      },
    });
  }

  return {
    open: (request, kind) =>
      open(request, kind).catch((error: unknown) => errorAnswer(error, context.syncToken())),
    close() {
      closed = true;
      for (const body of [...streams]) body.end();
    },
  };
}

function topicOf(kind: Topic["kind"], url: string): Topic {
  if (kind === "monitor") return { kind };
  const names = splitPath(url).segments.slice(1);
  if (names.length === 0 || names.includes("")) {
    throw new GatewayError("bad_request", `ERR wrong number of arguments for '${kind}' command`);
  }
  return { kind, names };
}
