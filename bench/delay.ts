import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy to a loopback port: half of the added round trip on the way in, half on the way out. */
export async function delayedProxy(port: number, roundTripMs: number) {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    }
    deliverLater(client, upstream, roundTripMs / 2);
    deliverLater(upstream, client, roundTripMs / 2);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise<void>((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

function deliverLater(from: Socket, to: Socket, delayMs: number): void {
  from.on("data", (data) => {
    setTimeout(() => to.writable && to.write(data), delayMs);
  });
  from.on("close", () => to.destroy());
}
