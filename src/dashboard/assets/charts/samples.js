// What the server does not remember is sampled while the page is open: how much waits or is worked on, and
// how old the oldest of what is ready is.

const MOST_SAMPLES = 720;
const samplesKey = `xdrain:${location.pathname}`;
export let samples = recall();

function recall() {
  try {
    const hourAgo = Date.now() / 1_000 - 3_600;
    return JSON.parse(sessionStorage.getItem(samplesKey) ?? "[]").filter(({ at }) => at > hourAgo);
  } catch {
    return [];
  }
}

export function sample() {
  const tiles = document.querySelector("[data-now]");
  if (!tiles) return;
  const at = Number(tiles.dataset.now) / 1_000;
  if (at <= (samples.at(-1)?.at ?? 0)) return;
  const { backlog, age } = tiles.dataset;
  samples = [...samples, { at, backlog: Number(backlog), age: Number(age) / 1_000 }].slice(
    -MOST_SAMPLES,
  );
  try {
    sessionStorage.setItem(samplesKey, JSON.stringify(samples));
  } catch {
    // Then the samples last as long as the page.
  }
}
