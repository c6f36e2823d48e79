import type { Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

/**
 * Calls back with the bytes of each whole request that arrives. It knows bodies with a declared
 * length, which is what `fetch` sends for a text.
 */
export function readRequests(from: Socket, onRequest: (bytes: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let have = 0;
  let need: number | undefined;
  from.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    have += chunk.length;
    for (;;) {
      if (need !== undefined && have < need) return;
      const bytes = Buffer.concat(chunks);
      chunks = bytes.length > 0 ? [bytes] : [];
      need ??= wholeLength(bytes);
      if (need === undefined || have < need) return;
      const request = bytes.subarray(0, need);
      chunks = [bytes.subarray(need)];
      have -= need;
      need = undefined;
      onRequest(request);
    }
  });
}

/** Length of head and body; undefined until the head is there. */
function wholeLength(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(HEAD_END);
  if (at === -1) return undefined;
  const head = bytes.toString("latin1", 0, at);
  if (/^transfer-encoding:/im.test(head)) throw new Error("Only bodies with a length are known.");
  const length = /^content-length: *(\d+)/im.exec(head)?.[1] ?? "0";
  return at + HEAD_END.length + Number(length);
}
