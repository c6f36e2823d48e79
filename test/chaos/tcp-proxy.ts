import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Faults, TcpFault } from "./faults.ts";
import { type FaultyProxy, halve, listen } from "./proxy.ts";

/** A proxy for any protocol: chunks in either direction are held up, halved, or end the connection. */
export function startTcpProxy(target: number, faults: Faults<TcpFault>): Promise<FaultyProxy> {
  return listen((client, track) => {
    const server = track(connect(target, "127.0.0.1"));
    relay(client, server, faults);
    relay(server, client, faults);
  });
}

/** Passes on what `from` sends, with faults. */
export function relay(from: Duplex, to: Duplex, faults: Faults<TcpFault>): void {
  from.on("data", (chunk: Buffer) => {
    const fault = faults.draw();
    if (fault === "halve") {
      halve(chunk, to, from);
    } else if (fault === "cut") {
      from.destroy();
      to.destroy();
    } else if (fault === "delay") {
      from.pause();
      setTimeout(() => {
        to.write(chunk);
        from.resume();
      }, faults.drawDelayMs());
    } else {
      to.write(chunk);
    }
  });
  from.on("close", () => to.destroy());
}
