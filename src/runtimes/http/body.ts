import { HttpError } from "./errors.ts";

/** The bytes of a body: what is verified is what is parsed. */
export type ReadBody = () => Promise<Uint8Array<ArrayBuffer>>;

/** Reads the body at the first call, and once. @throws HttpError 413 beyond `maxBytes` */
export function bodyReader(request: Request, maxBytes: number): ReadBody {
  let reading: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return () => {
    reading ??= readBytes(request, maxBytes);
    return reading;
  };
}

/**
 * The JSON of a body, undefined where it is empty.
 * @throws HttpError 413 for a body that is too large, 415 for another content type, 400 for what is
 * not JSON.
 */
export async function readJson(request: Request, body: ReadBody): Promise<unknown> {
  const bytes = await body();
  if (bytes.length === 0) return undefined;
  const type = request.headers.get("content-type");
  if (type !== null && !/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(type)) {
    throw new HttpError(415, "not_json", "Expected a body with content-type: application/json.");
  }
  try {
    return JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes),
    ) as unknown;
  } catch {
    // The parser's own text would repeat a part of the body.
    throw new HttpError(400, "not_json", "Expected a body of JSON in UTF-8.");
  }
}

/** Counts what comes, whatever was announced; stops reading once it is too much. */
async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return join(chunks, size);
    size += chunk.value.length;
    if (size > maxBytes) {
      await reader?.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk.value);
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, "body_too_large", `Expected a body of at most ${maxBytes} bytes.`);
}
