/** What each call of first-calls.mjs needs where nothing is installed, as its message says it. */
export const NEEDS: Readonly<Record<string, string>> = {
  "xdrain/ioredis": "npm install ioredis",
  "xdrain/ioredis drain": "npm install ioredis",
  "xdrain/ioredis stats": "npm install ioredis",
  "xdrain/upstash": "npm install @upstash/redis",
  "xdrain/upstash drain": "npm install @upstash/redis",
  "xdrain/upstash stats": "npm install @upstash/redis",
  "xdrain/http": "npm install hono",
  "xdrain/dashboard": "npm install hono",
  "xdrain/gateway": "npm install hono ioredis",
  "xdrain/gateway serve": "npm install hono @hono/node-server ioredis",
  "xdrain/qstash": "npm install jose",
  "xdrain/eventbridge": "npm install @aws-sdk/client-scheduler",
  "xdrain/kick-lambda": "npm install @aws-sdk/client-lambda",
  "xdrain/opentelemetry": "npm install @opentelemetry/api",
  "xdrain/opentelemetry tracedDrain": "npm install @opentelemetry/api",
  "xdrain/opentelemetry tracedQueue": "npm install @opentelemetry/api",
};

/** What is wrong with how the calls ended; empty if each is the one clear error. */
export function wrongEnds(output: string): readonly string[] {
  const { untouched, ...ends } = JSON.parse(output) as Record<string, Record<string, unknown>>;
  const wrong = Object.keys({ ...NEEDS, ...ends }).filter((call) => {
    const { name, code, message, uncertain } = ends[call] ?? {};
    const [entry = ""] = call.split(" ");
    const text = `${entry} needs the package `;
    const isClear =
      String(message).startsWith(text) && String(message).endsWith(`: ${NEEDS[call]}`);
    return name !== "PackageError" || code !== "package_missing" || uncertain === true || !isClear;
  });
  const isUntouched = untouched?.entries === 1 && untouched.inFlight === 0;
  return isUntouched ? wrong : [...wrong, "a message was touched"];
}
