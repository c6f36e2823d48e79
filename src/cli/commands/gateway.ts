import { accessToken } from "../access-token.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { wholeNumber } from "../numbers.ts";
import { untilAborted } from "../until-aborted.ts";

export const gateway = defineCommand({
  usage: "gateway",
  describe: "Serve Upstash's REST protocol in front of any Redis",
  examples: [
    ["$0 gateway --redis redis://localhost:6379", "on a free port, with a token that it draws"],
    ["$0 gateway --host 0.0.0.0 --port 8079", "for other machines, with XDRAIN_TOKEN"],
  ],
  options: (argv) =>
    argv
      .option("redis", {
        type: "string",
        describe: "redis://, redis+sentinel:// or redis+cluster:// [REDIS_URL]",
      })
      .option("host", { type: "string", default: "127.0.0.1", describe: "Address to listen on" })
      .option("port", {
        type: "number",
        default: 0,
        describe: "Port to listen on; 0 is a free one",
      })
      .option("read-only", { type: "boolean", default: false, describe: "Refuse what writes" }),
  async run(args, { terminal, output }) {
    const redis = args.redis ?? terminal.env.REDIS_URL;
    if (!redis) throw new UsageError("Expected --redis, or REDIS_URL to be set.");
    const port = wholeNumber("--port", args.port, { min: 0, max: 65_535 });
    const { token, drawn } = accessToken(terminal.env);
    const { serveGateway } = await import("../../gateway/serve.ts");
    const server = await serveGateway({
      redis,
      tokens: [{ token, access: args.readOnly ? "read-only" : "read-write" }],
      host: args.host,
      port,
    });
    await output.value({ url: server.url, ...(drawn && { token }) }, [
      `UPSTASH_REDIS_REST_URL=${server.url}`,
      drawn ? `UPSTASH_REDIS_REST_TOKEN=${token}` : "# The token is the one of XDRAIN_TOKEN.",
    ]);
    await untilAborted(terminal.signal);
    await server.close();
    return 0;
  },
});
