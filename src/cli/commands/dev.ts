import type { Argv } from "yargs";
import { accessToken } from "../access-token.ts";
import { type Context, defineCommand } from "../command.ts";
import { checkPaths, watchChanges } from "../dev/changes.ts";
import { startDashboard } from "../dev/dashboard.ts";
import { startGateway } from "../dev/gateway.ts";
import { createLog } from "../dev/log.ts";
import { checkPackages } from "../dev/packages.ts";
import { passProgram } from "../dev/pass.ts";
import { type Surroundings, serverProgram } from "../dev/programs.ts";
import { chooseRedis, startRedis } from "../dev/redis.ts";
import type { Service } from "../dev/service.ts";
import { type Supervised, supervise } from "../dev/supervise.ts";
import { checkTick, tick } from "../dev/ticker.ts";
import { CommandError, UsageError } from "../errors.ts";
import { lengthMs } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { untilAborted } from "../until-aborted.ts";

interface DevArguments {
  readonly queue: string | undefined;
  readonly module: string | undefined;
  readonly run: string | undefined;
  readonly tick: readonly string[];
  readonly every: string;
  readonly watch: readonly string[];
  readonly show: readonly string[];
  readonly redis: string | undefined;
  readonly data: string | undefined;
  readonly port: number;
  readonly passOptions: readonly string[] | undefined;
}

export const dev = defineCommand({
  usage: "dev",
  describe: "Run it all on this machine: Redis, its REST API, and your functions",
  examples: [
    ["$0 dev -q orders --module ./ship.js", "passes with a module, again when it changes"],
    [
      "$0 dev --run 'node server.js' --tick http://localhost:3000/queues/orders/drain --watch src",
      "your own server, asked for passes",
    ],
    ["$0 dev -q orders --module ./ship.js -- --max-failures 3", "behind --: options of `drain`"],
  ],
  rest: "passOptions",
  options: (argv) => withDev(argv),
  async run(args, context) {
    const everyMs = Math.max(100, lengthMs("every", args.every));
    const port = wholeNumber("--port", args.port, { min: 0, max: 65_535 });
    const ticks = args.tick.map(checkTick);
    if ((args.module === undefined) !== (args.queue === undefined)) {
      throw new UsageError("Expected --queue and --module together.");
    }
    const { token } = accessToken(context.terminal.env);
    checkPaths(args.watch);
    const choice = chooseRedis(args, context.terminal.env);
    checkPackages(choice);
    const services: Service[] = [];
    const programs: Supervised[] = [];
    try {
      services.push(await startRedis(choice, context.terminal.env));
      const redis = services[0]?.url ?? "";
      services.push(await startGateway({ redis, token, port }));
      const queues = shownQueues(args);
      if (queues.length > 0) services.push(await startDashboard({ redis, token, queues }));
      const settings = settingsFor(services, token);
      await present(services, settings, args.queue, context);

      const lost = new AbortController();
      for (const { ended } of services) void ended?.then(() => lost.abort());
      const signal = AbortSignal.any([context.terminal.signal, lost.signal]);
      const log = createLog(context.output);
      const env = { ...context.terminal.env, ...settings };
      const watch = () =>
        watchChanges(args.watch, (text) => log.tell("dev", text, { event: "unwatched" }));
      programs.push(...programsOf(args, { env, log, pauseMs: everyMs, watch }));
      await Promise.all([
        ...programs.map((program) => supervise(program, signal)),
        ...ticks.map((url) => tick(url, { token, everyMs, signal, log })),
        untilAborted(signal),
      ]);
      if (lost.signal.aborted)
        throw new CommandError("The redis-server that it started has ended.");
      return 0;
    } finally {
      for (const { changes } of programs) changes.close();
      for (const service of services.reverse()) await service.close();
    }
  },
});

function withDev<Options>(argv: Argv<Options>): Argv<Options & DevArguments> {
  const group = "Your functions:";
  return argv.options({
    queue: { alias: "q", type: "string", group, describe: "Queue that --module works on" },
    module: { type: "string", group, describe: "A module that exports a handler" },
    run: { type: "string", group, describe: "A shell command that starts your server" },
    tick: {
      type: "string",
      array: true,
      default: [],
      group,
      describe: "Address to ask for passes",
    },
    every: { type: "string", default: "5s", group, describe: "How often to ask" },
    watch: {
      type: "string",
      array: true,
      default: [],
      group,
      describe: "Files and folders to watch too [what --module imports]",
    },
    show: {
      type: "string",
      array: true,
      default: [],
      describe: "Queues to show in the dashboard [--queue]",
    },
    redis: {
      type: "string",
      describe: "A Redis to work with [a redis-server of the PATH, REDIS_URL, or one inside]",
    },
    data: { type: "string", describe: "Folder in which Redis keeps its data [it keeps none]" },
    port: { type: "number", default: 0, describe: "Port of the REST API; 0 is a free one" },
  }) as unknown as Argv<Options & DevArguments>;
}

function shownQueues({ show, queue }: DevArguments): readonly string[] {
  return show.length > 0 || queue === undefined ? show : [queue];
}

/** The variables by which functions and this command line find it all. */
function settingsFor(
  services: readonly Service[],
  token: string,
): Readonly<Record<string, string>> {
  const urlOf = (name: string) => services.find((service) => service.name === name)?.url ?? "";
  return {
    UPSTASH_REDIS_REST_URL: urlOf("gateway"),
    UPSTASH_REDIS_REST_TOKEN: token,
    REDIS_URL: urlOf("redis"),
    XDRAIN_TOKEN: token,
  };
}

async function present(
  services: readonly Service[],
  env: Readonly<Record<string, string>>,
  queue: string | undefined,
  { output }: Context,
): Promise<void> {
  const shown = services.map(({ name, url, note, warning }) => ({
    name,
    url: withoutLogin(url),
    note,
    ...(warning !== undefined && { warning }),
  }));
  const exports = (names: readonly string[]) =>
    names.map((name) => `  export ${name}='${env[name]}'`);
  const { bold, yellow } = output.colours;
  const lines = [
    ...shown.map(({ name, url, note }) => `${name.padEnd(9)} ${bold(url)} (${note})`),
    ...shown.flatMap(({ warning }) => (warning === undefined ? [] : ["", yellow(warning)])),
    "",
    "In another shell:",
    ...exports(["REDIS_URL", "XDRAIN_TOKEN"]),
    ...(queue === undefined ? [] : [`  npx xdrain send -q ${queue} '{"hello":"world"}'`]),
    "",
    "For functions that use the REST API (with @upstash/redis):",
    ...exports(["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"]),
    "",
  ];
  await output.value({ source: "dev", event: "ready", services: shown, env }, lines);
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//***@");
}

function programsOf(args: DevArguments, surroundings: Surroundings): readonly Supervised[] {
  const { run, module, queue, passOptions = [] } = args;
  const server = run === undefined ? [] : [serverProgram(run, surroundings)];
  if (module === undefined || queue === undefined) return server;
  return [...server, passProgram(module, ["--queue", queue, ...passOptions], surroundings)];
}
