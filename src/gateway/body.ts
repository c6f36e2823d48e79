import { GatewayError } from "./errors.ts";

/** The body as text, read once. Throws `request_too_large` beyond `limit` bytes. */
export async function readText(request: Request, limit: number): Promise<string> {
  return announcesLength(request, limit)
    ? request.text()
    : (await readChunks(request, limit)).toString();
}

/** The body as bytes, read once. Throws `request_too_large` beyond `limit` bytes. */
export async function readBytes(request: Request, limit: number): Promise<Buffer> {
  return announcesLength(request, limit)
    ? Buffer.from(await request.arrayBuffer())
    : readChunks(request, limit);
}

/** True if the request says how long it is, which the server then holds it to. */
function announcesLength(request: Request, limit: number): boolean {
  const length = request.headers.get("content-length");
  if (length === null) return false;
  if (Number(length) > limit) throw tooLarge(limit, length);
  return true;
}

async function readChunks(request: Request, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit, `more than ${limit}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number, actual: string): GatewayError {
  return new GatewayError(
    "request_too_large",
    `ERR max request size exceeded. Limit: ${limit} bytes, Actual: ${actual} bytes`,
  );
}
