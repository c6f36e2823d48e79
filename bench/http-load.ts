import { connect, type Socket } from "node:net";
import { TOKEN } from "./target.ts";

const HEAD_END = Buffer.from("\r\n\r\n");

/** A request as it goes over the wire, the same each time. */
export function postOf(path: string, body: unknown): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TOKEN}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/**
 * Requests per second of so many clients, each with a connection and one request under way. They do
 * no more than find the end of an answer, so that what is measured is the server.
 */
export async function requestsPerSecond(
  port: number,
  request: Buffer,
  { clients, ms }: { readonly clients: number; readonly ms: number },
): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + ms;
  const counts = await Promise.all(
    Array.from({ length: clients }, () => askUntil(port, request, until)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

/** Asks again and again on one connection. @returns how often it was answered. */
function askUntil(port: number, request: Buffer, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    let held: Buffer = Buffer.alloc(0);
    const socket: Socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const size = answerSize(held);
      if (size === undefined || held.length < size) return;
      if (held.toString("latin1", 9, 12) !== "200" || held.includes('"error"')) {
        socket.destroy();
        reject(new Error(`The server answered: ${held.toString("latin1", 0, 400)}`));
        return;
      }
      held = Buffer.alloc(0);
      count += 1;
      if (performance.now() < until) socket.write(request);
      else socket.destroy();
    });
    socket.on("close", () => resolve(count));
  });
}

/** Bytes of the whole answer; undefined until its head is there. */
function answerSize(held: Buffer): number | undefined {
  const end = held.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = held.toString("latin1", 0, end);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`An answer without its length: ${head}`);
  return end + HEAD_END.length + Number(length);
}
