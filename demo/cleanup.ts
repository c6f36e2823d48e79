/** Undoes what the demo did, in reverse order, however it ends. */
export interface Cleanup {
  /** Remembers how to undo something, and how long that may take. @default 5 s */
  add(undo: () => unknown, limitMs?: number): void;
  /** Undoes everything; a step that fails or hangs does not stop the others. */
  run(): Promise<void>;
}

interface Step {
  readonly undo: () => unknown;
  readonly limitMs: number;
}

export function createCleanup(onFailure: (error: unknown) => void): Cleanup {
  const steps: Step[] = [];
  let started = false;
  let running: Promise<void> | undefined;

  async function undoAll(): Promise<void> {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await withinLimit(step);
      } catch (error) {
        onFailure(error);
      }
    }
  }

  function run(): Promise<void> {
    started = true;
    running ??= undoAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    add(undo, limitMs = 5_000) {
      steps.push({ undo, limitMs });
      // Whatever was still being started when the clean-up began must not outlive it.
      if (started) void run();
    },
    run,
  };
}

/** A child that does not end must not keep the newcomer's terminal. */
async function withinLimit({ undo, limitMs }: Step): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `A step of the clean-up took longer than ${limitMs / 1_000} s.`;
    timer = setTimeout(() => reject(new Error(text)), limitMs);
  });
  try {
    await Promise.race([Promise.resolve().then(undo), late]);
  } finally {
    clearTimeout(timer);
  }
}
