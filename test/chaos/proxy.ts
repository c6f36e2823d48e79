import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A way to a server on which things go wrong. */
export interface FaultyProxy {
  readonly port: number;
  close(): void;
}

/** What a proxy does with one connection; `track` has the sockets it opens ended with the proxy. */
export type Relay = (client: Socket, track: (socket: Socket) => Socket) => void;

/** Listens on a free loopback port. */
export async function listen(relay: Relay): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    return socket;
  };
  const server = createServer((client) => relay(track(client), track));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Delivers the first half of what `from` sent, and nothing after it; then ends both connections. */
export function halve(bytes: Buffer, to: Duplex, from: Duplex): void {
  // What was held up behind it comes in the same moment; TCP never leaves a gap, so nor may we.
  from.removeAllListeners("data");
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  to.write(half, () => {
    to.destroy();
    from.destroy();
  });
}
