const SCAN_COUNT = "1000";

/** Plain Redis commands over REST, for looking around and for cleaning up. */
export interface Rest {
  command(...args: readonly string[]): Promise<unknown>;
  /** The keys that have the name in them, however Redis spreads them over its answers. */
  keysWith(name: string): Promise<readonly string[]>;
  /** Removes them; returns how many there were. */
  removeKeysWith(name: string): Promise<number>;
}

export function createRest(url: string, token: string): Rest {
  async function command(...args: readonly string[]): Promise<unknown> {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    const answer = (await response.json()) as {
      readonly result?: unknown;
      readonly error?: string;
    };
    if (answer.error !== undefined) throw new Error(`Redis refused ${args[0]}: ${answer.error}`);
    return answer.result;
  }

  async function keysWith(name: string): Promise<readonly string[]> {
    const keys = new Set<string>();
    let cursor = "0";
    do {
      const reply = await command("SCAN", cursor, "MATCH", `*${name}*`, "COUNT", SCAN_COUNT);
      const [next, found] = reply as [string | number, string[]];
      for (const key of found) keys.add(key);
      cursor = String(next);
    } while (cursor !== "0");
    return [...keys].sort();
  }

  return {
    command,
    keysWith,
    async removeKeysWith(name) {
      const keys = await keysWith(name);
      for (let at = 0; at < keys.length; at += 100) {
        await command("DEL", ...keys.slice(at, at + 100));
      }
      return keys.length;
    },
  };
}
