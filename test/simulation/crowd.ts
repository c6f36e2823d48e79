import { createQueue, drain } from "../../src/index.ts";
import { NAMES } from "./backend.ts";
import { createLedger, Violation } from "./ledger.ts";
import { calm } from "./network.ts";
import { createScheduler, type Process } from "./scheduler.ts";
import { createServer } from "./server.ts";
import type { Stage } from "./world.ts";

const LEASE_MS = 20_000;
const GATE_MS = 5_000;
const TICK_MS = 10_000;
const HELD = 150;
const LEFT = 20;

/**
 * A crowded pending list: one pass holds many messages for long and renews them, another dies with a
 * few behind those. Passes that tick have to find what is left within a lease, a gate and some ticks.
 *
 * @throws Violation when they do not.
 */
export async function runCrowd(seed: number, { counters, open }: Stage) {
  const scheduler = createScheduler(seed);
  const ledger = createLedger();
  const scene = { scheduler, weather: calm(), ledgers: [ledger], counters, tell: () => {} };
  const server = await createServer(open, scene);
  const messages = HELD + LEFT;
  let failure: unknown;

  const newProcess = (name: string): Process => ({ name, alive: true, frozenUntil: 0 });
  const queueFor = (owner: Process) =>
    createQueue<number>({
      name: NAMES[0].stream,
      store: server.storeFor(owner),
      visibilityTimeout: LEASE_MS,
    });

  function pass(name: string, batch: number, handlerMs: number): Process {
    const owner = newProcess(name);
    const options = { batch, concurrency: batch, maxMessages: batch, maxDuration: "10 m" } as const;
    const handler = async ({ payload }: { readonly payload: number }) => {
      counters.step();
      await scheduler.wait(owner, handlerMs);
      ledger.at(payload).works += 1;
    };
    void drain(queueFor(owner), handler, options)
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => {
        owner.alive = false;
      });
    return owner;
  }

  /** Lets this much time pass. */
  async function letPass(ms: number): Promise<void> {
    const until = scheduler.now() + ms;
    scheduler.schedule(ms, undefined, () => {});
    while (scheduler.now() < until && (await scheduler.step())) {
      if (failure !== undefined) throw failure;
    }
  }

  const producer = newProcess("producer");
  const sent = Array.from({ length: messages }, () =>
    ledger.plan(undefined, { ms: 0, failures: 0, rejects: false }),
  );
  void queueFor(producer).sendBatch(sent.map(({ number }) => ({ payload: number })));
  await letPass(1_000);
  const holder = pass("the one that holds", HELD, 300_000);
  await letPass(1_000);
  const dies = pass("the one that dies", LEFT, 5_000);
  await letPass(1_000);
  dies.alive = false;
  counters.count("crash");
  const bound = LEASE_MS + GATE_MS + 6 * TICK_MS;
  for (let waited = 0; waited < bound; waited += TICK_MS) {
    pass("tick", LEFT, 10);
    await letPass(TICK_MS);
  }
  const left = sent.slice(HELD).filter(({ works }) => works === 0);
  if (!holder.alive) throw new Error("The pass that holds should hold on.");
  if (left.length > 0) {
    throw new Violation(`${left.length} of ${LEFT} expired leases were not found in ${bound} ms`);
  }
  return { messages };
}
