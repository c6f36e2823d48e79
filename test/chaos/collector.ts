import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { appendTo } from "./appender.ts";

/** Takes ledger lines over HTTP, for functions that have no files. */
export interface Collector {
  /** Where lines are posted that end up in `<name>` of the ledger's folder. */
  urlFor(name: string): string;
  close(): void;
}

export async function startCollector(folder: string): Promise<Collector> {
  const files = new Map<string, (text: string) => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const append = files.get((request.url ?? "").slice(1));
      append?.(Buffer.concat(chunks).toString());
      response.writeHead(append === undefined ? 404 : 200).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    urlFor(name) {
      files.set(name, appendTo(join(folder, name)));
      return `http://127.0.0.1:${port}/${name}`;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
