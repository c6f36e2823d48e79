import type { Backend, RedisCommand, Reply } from "../backend.ts";
import { wrapRawError, wrapScriptError } from "./errors.ts";
import { createScripts } from "./scripts.ts";
import type { UpstashLike } from "./settings.ts";
import { createStaleReads, isPlainRead } from "./stale.ts";
import { createThrottle } from "./throttle.ts";

/** A Redis that behaves like Upstash. */
export interface UpstashLikeBackends {
  /** For clients that show which of their writes they want to see. */
  readonly current: Backend;
  /** The same, but plain reads may be answered as of some writes ago. */
  readonly lagging: Backend;
}

/** Puts the documented differences of Upstash between the gateway and a plain Redis. */
export function likeUpstash(
  backend: Backend,
  settings: Required<UpstashLike>,
): UpstashLikeBackends {
  const { random } = settings;
  const scripts = createScripts(settings.pendingLimit, () => random() < settings.unknownScripts);
  const throttle = createThrottle(settings.commandsPerSecond, settings.clock);

  async function many(
    commands: readonly RedisCommand[],
    run: (commands: readonly RedisCommand[]) => Promise<readonly Reply[]>,
  ): Promise<readonly Reply[]> {
    await throttle(commands.length);
    const prepared = commands.map(scripts.prepare);
    const replies = await run(prepared.map(({ command }) => command));
    return replies.map((reply, index) =>
      reply instanceof Error ? (wrapScriptError(reply) as Error) : prepared[index]!.read(reply),
    );
  }

  const current: Backend = {
    async call(given) {
      await throttle(1);
      const { command, read } = scripts.prepare(given);
      try {
        return read(await backend.call(command));
      } catch (error) {
        throw wrapScriptError(error);
      }
    },
    pipeline: (commands) => many(commands, (sent) => backend.pipeline(sent)),
    transaction: (commands) => many(commands, (sent) => backend.transaction(sent)),
    async raw(commands) {
      await throttle(commands.length);
      const replies: Buffer[] = [];
      for (const given of commands) {
        const { command, read } = scripts.prepare(given);
        const reply = wrapRawError(await backend.raw([command]));
        const loaded = read(null);
        replies.push(Buffer.isBuffer(loaded) && reply[0] === DOLLAR ? bulk(loaded) : reply);
      }
      return Buffer.concat(replies);
    },
    listen: (topic, listener) => backend.listen(topic, listener),
    ping: () => backend.ping(),
    close: () => backend.close(),
  };
  return { current, lagging: withStaleReads(current, () => random() < settings.staleReads) };
}

const DOLLAR = 0x24;

function bulk(value: Buffer): Buffer {
  return Buffer.from(`$${value.length}\r\n${value}\r\n`);
}

function withStaleReads(current: Backend, isStale: () => boolean): Backend {
  const reads = createStaleReads(isStale);
  return {
    ...current,
    async call(command) {
      const earlier = reads.lookUp(command);
      if (earlier !== undefined) return earlier;
      const reply = await current.call(command);
      reads.remember(command, reply);
      return reply;
    },
    async pipeline(commands) {
      // With a write among them they go to the primary together.
      if (!commands.every(isPlainRead)) return current.pipeline(commands);
      const replies = await current.pipeline(commands);
      return replies.map((reply, index) => {
        const command = commands[index]!;
        const earlier = reads.lookUp(command);
        if (earlier === undefined) reads.remember(command, reply);
        return earlier ?? reply;
      });
    },
  };
}
