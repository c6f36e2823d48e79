/** Undoes what the demo did, in reverse order, however it ends. */
export interface Cleanup {
  /** Remembers how to undo something. */
  add(undo: () => unknown): void;
  /** Undoes everything that is not yet undone; a step that fails does not stop the others. */
  run(): Promise<void>;
}

const LONGEST_MS = 5_000;

export function createCleanup(onFailure: (error: unknown) => void): Cleanup {
  const steps: (() => unknown)[] = [];
  let running: Promise<void> | undefined;

  async function undoAll(): Promise<void> {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await withTimeout(step);
      } catch (error) {
        onFailure(error);
      }
    }
  }

  return {
    add(undo) {
      steps.push(undo);
    },
    run() {
      running ??= undoAll().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

/** A child that does not end must not keep the newcomer's terminal. */
async function withTimeout(step: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const text = `A step of the clean-up took longer than ${LONGEST_MS / 1_000} s.`;
    timer = setTimeout(() => reject(new Error(text)), LONGEST_MS);
  });
  try {
    await Promise.race([Promise.resolve().then(step), late]);
  } finally {
    clearTimeout(timer);
  }
}
