import { errorAnswer } from "./answer.ts";
import type { Topic } from "./backend.ts";
import { GatewayError } from "./errors.ts";
import { type GatewayContext, openExchange } from "./exchange.ts";
import { splitPath } from "./parse.ts";

/** A client that reads slower than events come is cut off at this many bytes, as Redis itself does. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** A comment line this often keeps idle proxies from closing the stream, and finds dead clients. */
const HEARTBEAT_MS = 15_000;

/** The event streams of one gateway. */
export interface EventStreams {
  /** Answers `/subscribe/…`, `/psubscribe/…` and `/monitor` with server-sent events. */
  open(request: Request, kind: Topic["kind"]): Promise<Response>;
  /** Ends all streams and takes no more. */
  close(): void;
}

export function createEventStreams(context: GatewayContext): EventStreams {
  const ends = new Set<() => void>();
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
    if (ends.size + opening >= context.options.maxStreams) {
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
    const encoder = new TextEncoder();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let heartbeat: NodeJS.Timeout | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start(given) {
          controller = given;
        },
        cancel: () => end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
    );
    const send = (text: string) => {
      if (controller === undefined) return;
      controller.enqueue(encoder.encode(text));
      if ((controller.desiredSize ?? 0) <= 0) end();
    };
    const finish = () => {
      clearInterval(heartbeat);
      ends.delete(end);
      closeQuietly(controller);
      controller = undefined;
    };
    let stop: (() => void) | undefined;
    const end = () => {
      stop?.();
      finish();
    };
    stop = await context.backend.listen(topic, {
      onEvent: (text) => send(`data: ${text.split(/\r\n|\r|\n/).join("\ndata: ")}\n\n`),
      onEnd: finish,
    });
    ends.add(end);
    if (closed) end();
    heartbeat = setInterval(() => send(":\n\n"), HEARTBEAT_MS);
    return new Response(body, {
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
      for (const end of [...ends]) end();
    },
  };
}

function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array> | undefined): void {
  try {
    controller?.close();
  } catch {
    // The client has cancelled the stream: it is closed.
  }
}

function topicOf(kind: Topic["kind"], url: string): Topic {
  if (kind === "monitor") return { kind };
  const names = splitPath(url).segments.slice(1);
  if (names.length === 0 || names.includes("")) {
    throw new GatewayError("bad_request", `ERR wrong number of arguments for '${kind}' command`);
  }
  return { kind, names };
}
