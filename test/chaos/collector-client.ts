/**
 * Writes ledger lines over HTTP and resolves when they are stored. Lines that come up while a request
 * is under way leave together in the next one.
 */
export function collectorAt(url: string): (line: string) => Promise<void> {
  let waiting = "";
  let next: Promise<void> | undefined;
  let current: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    await current.catch(() => {});
    const body = waiting;
    waiting = "";
    next = undefined;
    current = post(url, body);
    return current;
  }

  return (line) => {
    waiting += line;
    next ??= flush();
    return next;
  };
}

async function post(url: string, body: string): Promise<void> {
  const response = await fetch(url, { method: "POST", body });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The collector answered with status ${response.status}.`);
}
