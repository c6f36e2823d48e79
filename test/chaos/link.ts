import { connect, type Socket } from "node:net";
import type { Faults, TcpFault } from "./faults.ts";
import { type FaultyProxy, listen } from "./proxy.ts";
import { relay } from "./tcp-proxy.ts";

/**
 * The way to a node of a replicated Redis. Clients meet the usual faults. What the node sends to a
 * replica takes `lagMs`; what is under way when the node dies is lost, as on a real network.
 */
export function startLink(
  target: number,
  faults: Faults<TcpFault>,
  lagMs: number,
): Promise<FaultyProxy> {
  return listen((client, track) => {
    const server = track(connect(target, "127.0.0.1"));
    client.once("data", (first: Buffer) => {
      const isClient = !/replconf|psync|sentinel|ping\r\n$/i.test(first.toString("latin1"));
      server.write(first);
      if (isClient) {
        relay(client, server, faults);
        relay(server, client, faults);
      } else {
        passOn(client, server, 0);
        passOn(server, client, lagMs);
      }
    });
  });
}

/** Passes everything on, in order, `lagMs` late; nothing that is still held when the sender ends. */
function passOn(from: Socket, to: Socket, lagMs: number): void {
  from.on("data", (chunk: Buffer) => {
    if (lagMs === 0) to.write(chunk);
    else setTimeout(() => to.write(chunk), lagMs);
  });
  from.on("close", () => to.destroy());
}
