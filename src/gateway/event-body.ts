/** A client that reads slower than events come is cut off at this many bytes, as Redis itself does. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** A comment line this often keeps idle proxies from closing the stream, and finds dead clients. */
const HEARTBEAT_MS = 15_000;

/** The body of an answer made of server-sent events. */
export interface EventBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Sends one event; nothing once it has ended. A line break in `text` begins another data line. */
  send(text: string): void;
  /** Ends it; a second time changes nothing. */
  end(): void;
  ended(): boolean;
}

/** Opens a body; `onEnd` is called once, when it ends: by `end`, or by a client gone or too slow. */
export function openEventBody(onEnd: () => void): EventBody {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let ended = false;

  function write(text: string): void {
    if (ended) return;
    controller?.enqueue(encoder.encode(text));
    if ((controller?.desiredSize ?? 0) <= 0) end();
  }

  function end(): void {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    try {
      controller?.close();
    } catch {
      // The client has cancelled the stream: it is closed.
    }
    onEnd();
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_UNREAD_BYTES }),
  );
  const heartbeat = setInterval(() => write(":\n\n"), HEARTBEAT_MS);
  return {
    stream,
    send: (text) => write(`data: ${text.split(/\r\n|\r|\n/).join("\ndata: ")}\n\n`),
    end,
    ended: () => ended,
  };
}
