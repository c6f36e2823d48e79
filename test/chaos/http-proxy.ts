import { connect, type Socket } from "node:net";
import type { Faults, HttpFault } from "./faults.ts";
import { type FaultyProxy, halve, listen } from "./proxy.ts";
import { readRequests } from "./requests.ts";

/** Longest life of a connection that carries a copy of a request; nobody reads its answer. */
const COPY_MS = 5_000;

/**
 * A proxy for HTTP/1.1. It waits for a request to be whole before anything happens to it, so that it
 * can deliver half of it, deliver it and lose the answer, or deliver it once more some time later.
 */
export function startHttpProxy(target: number, faults: Faults<HttpFault>): Promise<FaultyProxy> {
  return listen((client, track) => {
    const server = track(connect(target, "127.0.0.1"));
    let answerFault: HttpFault | undefined;

    function deliverLater(request: Buffer): void {
      setTimeout(() => {
        const copy = track(connect(target, "127.0.0.1"));
        copy.setTimeout(COPY_MS, () => copy.destroy());
        copy.write(request);
        copy.once("data", () => copy.destroy());
      }, faults.drawDelayMs());
    }

    function end(): void {
      client.destroy();
      server.destroy();
    }

    readRequests(client, (request) => {
      const fault = faults.draw();
      if (fault === "cut before") return end();
      if (fault === "halve request") return halve(request, server, client);
      if (fault === "late original") {
        deliverLater(request);
        return end();
      }
      if (fault === "duplicate") deliverLater(request);
      answerFault = fault;
      if (fault === "delay") setTimeout(() => server.write(request), faults.drawDelayMs());
      else server.write(request);
    });
    server.on("data", (answer: Buffer) => {
      if (answerFault === "lose answer") end();
      else if (answerFault === "halve answer") halve(answer, client, server);
      else client.write(answer);
    });
    endTogether(client, server);
  });
}

function endTogether(client: Socket, server: Socket): void {
  client.on("close", () => server.destroy());
  server.on("close", () => client.destroy());
}
