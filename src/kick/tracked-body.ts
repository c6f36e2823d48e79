import { utf8 } from "../signing/utf8.ts";

/** A body that tells whether it was asked for: nobody asks before there is a connection. */
export interface TrackedBody {
  readonly stream: ReadableStream;
  readonly length: number;
  taken(): boolean;
}

export function trackedBody(text: string): TrackedBody {
  const bytes = utf8(text);
  let taken = false;
  const source: UnderlyingByteSource = {
    type: "bytes",
    pull(controller) {
      taken = true;
      controller.enqueue(new Uint8Array(bytes)); // what is handed over is detached
      controller.close();
    },
  };
  return {
    stream: new ReadableStream(source, { highWaterMark: 0 }),
    length: bytes.length,
    taken: () => taken,
  };
}
