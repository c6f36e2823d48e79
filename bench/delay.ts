import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy to a loopback port that delivers everything so many milliseconds later, one way. */
export async function delayedProxy(port: number, delayMs: number) {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    }
    // The whole round trip is delayed on the way in; once is enough.
    client.on("data", (data) => later(delayMs, () => upstream.write(data)));
    upstream.on("data", (data) => client.write(data));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${own}`,
    close: () =>
      new Promise<void>((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

function later(ms: number, action: () => void): void {
  if (ms === 0) action();
  else setTimeout(action, ms);
}
