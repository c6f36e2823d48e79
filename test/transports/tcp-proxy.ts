import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A way to a TCP server that can go wrong. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that were made through it so far. */
  readonly connections: number;
  /** New connections lead to another server. */
  leadTo(port: number): void;
  /** The connections of now carry nothing any more, in either direction, and stay open. */
  silence(): void;
  /** The connections of now lose what the server answers from here on; requests still arrive. */
  loseAnswers(): void;
}

export async function tcpProxy(target: number): Promise<TcpProxy> {
  const pairs: { readonly client: Socket; readonly server: Socket }[] = [];
  let goal = target;
  const listener = createServer((client) => {
    const server = connect(goal, "127.0.0.1");
    pairs.push({ client, server });
    client.pipe(server);
    server.pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
    listener.close();
  });
  return {
    port: (listener.address() as { port: number }).port,
    get connections() {
      return pairs.length;
    },
    leadTo(port) {
      goal = port;
    },
    silence() {
      for (const { client, server } of pairs) {
        client.unpipe(server);
        client.resume();
        server.unpipe(client);
        server.resume();
      }
    },
    loseAnswers() {
      for (const { client, server } of pairs) {
        server.unpipe(client);
        server.resume();
      }
    },
  };
}
