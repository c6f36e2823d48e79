import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createQueue } from "../../src/index.ts";
import { metricsText } from "../../src/metrics/index.ts";
import { openTarget } from "../inspect/targets.ts";
import { type Parsed, parseExposition } from "./parse.ts";
import { promtool, promtoolTest } from "./promtool.ts";

const infra = join(import.meta.dirname, "../../infra");
const ALERTS = join(infra, "prometheus/alerts.yml");

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly datasource?: { readonly uid: string };
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly { readonly expr: string; readonly interval?: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const dashboard = JSON.parse(readFileSync(join(infra, "grafana/xdrain.json"), "utf8")) as Dashboard;
const alerts = readFileSync(ALERTS, "utf8");

const charts = dashboard.panels.filter(({ type }) => type !== "row");
const expressions = charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const variables = dashboard.templating.list.flatMap(({ definition = "" }) => definition);

/** Metrics of a queue that has everything that can have samples, a pending message included. */
async function written(): Promise<Parsed> {
  const looked = await openTarget("tcp");
  onTestFinished(() => looked.close());
  const queue = looked.queue();
  await queue.send(1);
  await queue.resolved.store.read?.(
    [
      ["XGROUP", "CREATE", queue.name, "xdrain", "0"],
      ["XREADGROUP", "GROUP", "xdrain", "somebody", "STREAMS", queue.name, ">"],
    ],
    {},
  );
  return parseExposition(await metricsText(queue), "prometheus");
}

/** Each metric that a text names, with the labels that it asks for. */
function metricsIn(texts: readonly string[]) {
  return texts.flatMap((text) =>
    [...text.matchAll(/\b(xdrain_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = "", labels = ""]) => ({
      name,
      labels: [...labels.matchAll(/([a-z]+)(=~|=)"([^"]*)"/g)].map(
        ([, label = "", is, value = ""]) => ({
          label,
          values: is === "=" ? [value] : value.split("|"),
        }),
      ),
    })),
  );
}

test("every metric and label of the dashboard and of the alerts is one that is written", async () => {
  const { samples } = await written();
  const used = metricsIn([...expressions, ...variables, alerts]);
  expect(used.length).toBeGreaterThan(30);
  for (const { name, labels } of used) {
    const found = samples(name);
    expect(found.length, name).toBeGreaterThan(0);
    for (const { label, values } of labels.filter(({ values }) => !values[0]?.startsWith("$"))) {
      const known = new Set(found.map((sample) => sample.labels[label]));
      for (const value of values) expect(known, `${name}{${label}}`).toContain(value);
    }
  }
});

test("every metric that is written is on the dashboard or behind an alert, but for the number of consumers", async () => {
  const { families } = await written();
  const used = new Set(
    metricsIn([...expressions, ...variables, alerts]).map(({ name }) =>
      name.replace(/_(?:bucket|sum|count)$/, ""),
    ),
  );
  const unused = families.map(({ name }) => name).filter((name) => !used.has(name));
  expect(unused).toEqual(["xdrain_consumers"]);
});

test("each chart has a title of its own and asks for something", () => {
  expect(charts.length).toBeGreaterThan(12);
  expect(new Set(charts.map(({ title }) => title)).size).toBe(charts.length);
  for (const { targets = [] } of charts) expect(targets.length).toBeGreaterThan(0);
});

test("the dashboard can be imported anywhere: panels have ids of their own and the data source that is chosen", () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(charts.map(({ datasource }) => datasource?.uid))).toEqual(
    new Set([`\${datasource}`]),
  );
  expect(dashboard).not.toHaveProperty("id");
});

test("each query knows how often metrics are collected, or its rates would be of one sample and show nothing", () => {
  const config = readFileSync(join(infra, "prometheus/prometheus.yml"), "utf8");
  const every = /scrape_interval: (\w+)/.exec(config)?.[1] ?? expect.fail("It does not say.");
  const steps = charts.flatMap(({ targets = [] }) => targets.map(({ interval }) => interval));
  expect(new Set(steps)).toEqual(new Set([every]));
});

test("what all groups of a stream have in common is not counted once for each", () => {
  const common = /xdrain_(?:added_total|stream_length|stream_bytes|delayed)\b/;
  const asked = expressions.filter((expr) => common.test(expr));
  expect(asked.length).toBe(4);
  for (const expr of asked) expect(expr).toContain("max by (queue) (");
});

test("every queue of a counter has it from the start, so that its first increase is seen", async () => {
  const looked = await openTarget("memory");
  onTestFinished(() => looked.close());
  const queue = createQueue({ name: "orders", store: looked.target.store });
  const { value } = parseExposition(await metricsText(queue), "prometheus");
  expect(value("xdrain_messages_total", { outcome: "dead" })).toBe(0);
  expect(value("xdrain_lost_total", { state: "unread" })).toBe(0);
  expect(value("xdrain_reclaimed_total")).toBe(0);
});

promtoolTest("promtool takes the alerts, and each comes when it should and not otherwise", () => {
  const rules = promtool(["check", "rules", ALERTS]);
  expect(rules.said).toContain("SUCCESS");
  expect(rules.status).toBe(0);
  const run = promtool(["test", "rules", join(infra, "prometheus/alerts.test.yml")]);
  expect(run.said).not.toContain("FAILED");
  expect(run.status).toBe(0);
});

promtoolTest("promtool takes the example of a configuration", () => {
  const config = join(infra, "prometheus/prometheus.yml");
  const { said, status } = promtool(["check", "config", "--syntax-only", config]);
  expect(status, said).toBe(0);
});

promtoolTest("every expression of the dashboard is PromQL", () => {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-promql-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "rules.json");
  const rules = expressions.map((expr, i) => ({
    record: `dashboard:${i}`,
    expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h"),
  }));
  // YAML holds JSON.
  writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  const { said, status } = promtool(["check", "rules", file]);
  expect(status, said).toBe(0);
  expect(said).toContain(`${rules.length} rules found`);
});

test("each alert has a test that raises it and one that does not", () => {
  const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const tests = readFileSync(join(infra, "prometheus/alerts.test.yml"), "utf8");
  expect(names.length).toBe(10);
  for (const name of names) {
    expect(tests).toMatch(new RegExp(`alertname: ${name}, exp_alerts: \\[\\]`));
    expect(tests).toMatch(new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`));
  }
});
