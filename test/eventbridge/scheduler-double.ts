import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawSchedule, refusedName, refusedSchedule } from "./double-rules.ts";
import {
  createState,
  type DoubleState,
  type Invoke,
  keyOf,
  type StoredSchedule,
} from "./double-state.ts";

// EventBridge Scheduler over HTTP, as far as schedules go: its protocol, its rules, its rights, a clock
// that the test moves, and the faults that the test asks for.

export type Operation =
  | "GetSchedule"
  | "CreateSchedule"
  | "UpdateSchedule"
  | "DeleteSchedule"
  | "ListSchedules";

/** What happens to a request instead of what should, or beside it. */
export type Fault =
  /** 429; nothing is done. */
  | "throttle"
  /** 500; nothing is done. */
  | "fail"
  /** 409, as while somebody else changes the schedule; nothing is done. */
  | "conflict"
  /** The connection breaks before anything is done. */
  | "lose-request"
  /** It is done, and the connection breaks before the answer. */
  | "lose-answer"
  /** No answer, ever; nothing is done. */
  | "hang";

export interface SchedulerDouble extends DoubleState {
  readonly url: string;
  /** Every request that arrived, the SDK's own tries included. */
  readonly requests: Operation[];
  /** The rights of whoever calls; all of them, until a test takes some. */
  readonly rights: Set<string>;
  /** The next requests of an operation meet these faults, one each. */
  inject(operation: Operation, ...faults: readonly Fault[]): void;
  /** Runs once, before the next request of an operation is looked at. */
  before(operation: Operation, action: () => void): void;
  /** Puts a schedule there as somebody else would. */
  put(name: string, body: RawSchedule, group?: string): void;
  get(name: string, group?: string): StoredSchedule | undefined;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly error?: string;
}

const ALL_RIGHTS = [
  ...["GetSchedule", "CreateSchedule", "UpdateSchedule", "DeleteSchedule", "ListSchedules"].map(
    (operation) => `scheduler:${operation}`,
  ),
  "iam:PassRole",
];

const refused = (status: number, error: string, message = error): Answer => ({
  status,
  error,
  body: { Message: message },
});

export async function startSchedulerDouble(
  options: { readonly start?: number; readonly invoke?: Invoke; readonly pageSize?: number } = {},
): Promise<SchedulerDouble> {
  const start = options.start ?? Date.UTC(2026, 10, 21, 9, 0, 30);
  const state = createState(start, options.invoke ?? (() => {}));
  const { schedules } = state;
  const groups = new Set(["default", "drains"]);
  const rights = new Set(ALL_RIGHTS);
  const requests: Operation[] = [];
  const faults = new Map<Operation, Fault[]>();
  const hooks = new Map<Operation, () => void>();
  /** What was done with a token: the same again is answered, another thing refused. */
  const tokens = new Map<string, string>();

  function put(Name: string, body: RawSchedule, GroupName = "default"): void {
    const found = schedules.get(keyOf(GroupName, Name));
    const { RetryPolicy } = body.Target;
    schedules.set(keyOf(GroupName, Name), {
      ScheduleExpressionTimezone: "UTC",
      State: "ENABLED",
      ActionAfterCompletion: "NONE",
      ...body,
      Target: {
        ...body.Target,
        RetryPolicy: {
          MaximumEventAgeInSeconds: 86_400,
          MaximumRetryAttempts: 185,
          ...RetryPolicy,
        },
      },
      Name,
      GroupName,
      CreationDate: found?.CreationDate ?? state.now() / 1_000,
      LastModificationDate: state.now() / 1_000,
    });
  }

  function write(operation: Operation, name: string, text: string): Answer {
    const { GroupName = "default", ClientToken, ...body } = JSON.parse(text);
    const wrong = refusedName("Name", name) ?? refusedName("GroupName", GroupName);
    const refusal = wrong ?? refusedSchedule(body, state.now());
    if (refusal !== undefined) return refused(400, "ValidationException", refusal);
    if (!/^[a-zA-Z0-9-_]{1,64}$/.test(ClientToken)) return refused(400, "ValidationException");
    if (!rights.has("iam:PassRole")) return refused(403, "AccessDeniedException");
    if (!groups.has(GroupName)) return refused(404, "ResourceNotFoundException");
    const done = `${operation} ${keyOf(GroupName, name)} ${JSON.stringify(body)}`;
    const before = tokens.get(ClientToken);
    if (before !== undefined && before !== done) return refused(409, "ConflictException");
    const exists = schedules.has(keyOf(GroupName, name));
    if (before === undefined) {
      if (operation === "CreateSchedule" && exists) return refused(409, "ConflictException");
      if (operation === "UpdateSchedule" && !exists)
        return refused(404, "ResourceNotFoundException");
      tokens.set(ClientToken, done);
      put(name, body, GroupName);
    }
    const arn = `arn:aws:scheduler:eu-central-1:123456789012:schedule/${keyOf(GroupName, name)}`;
    return { status: 200, body: { ScheduleArn: arn } };
  }

  function list(query: URLSearchParams): Answer {
    const group = query.get("ScheduleGroup");
    const prefix = query.get("NamePrefix") ?? "";
    const most = Number(query.get("MaxResults") ?? 100);
    if (!(most >= 1 && most <= 100) || refusedName("NamePrefix", prefix) !== undefined) {
      return refused(400, "ValidationException");
    }
    if (group !== null && !groups.has(group)) return refused(404, "ResourceNotFoundException");
    const found = [...schedules.values()]
      .filter(
        ({ Name, GroupName }) => Name.startsWith(prefix) && (group ?? GroupName) === GroupName,
      )
      .sort((a, b) => (a.Name < b.Name ? -1 : 1));
    const from = Number(query.get("NextToken") ?? 0);
    const to = from + Math.min(most, options.pageSize ?? 100);
    const Schedules = found.slice(from, to).map(({ Name, GroupName, State, Target }) => ({
      ...{ Name, GroupName, State },
      Target: { Arn: Target.Arn },
    }));
    const more = to < found.length ? { NextToken: String(to) } : {};
    return { status: 200, body: { Schedules, ...more } };
  }

  function answer(operation: Operation, url: URL, text: string): Answer {
    if (!rights.has(`scheduler:${operation}`)) return refused(403, "AccessDeniedException");
    if (operation === "ListSchedules") return list(url.searchParams);
    const name = decodeURIComponent(url.pathname.slice("/schedules/".length));
    if (operation === "CreateSchedule" || operation === "UpdateSchedule") {
      return write(operation, name, text);
    }
    const key = keyOf(url.searchParams.get("groupName") ?? "default", name);
    const found = schedules.get(key);
    if (found === undefined) return refused(404, "ResourceNotFoundException");
    if (operation === "GetSchedule") return { status: 200, body: found };
    schedules.delete(key);
    return { status: 200, body: {} };
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", "http://double");
    const operation = operationOf(request, url);
    if (operation === undefined)
      return respond(response, refused(404, "UnknownOperationException"));
    requests.push(operation);
    const hook = hooks.get(operation);
    hooks.delete(operation);
    hook?.();
    if (!isSigned(request)) return respond(response, refused(403, "MissingAuthenticationToken"));
    const fault = faults.get(operation)?.shift();
    if (fault === "hang") return;
    if (fault === "lose-request") return request.socket.destroy();
    if (fault === "throttle") return respond(response, refused(429, "ThrottlingException"));
    if (fault === "fail") return respond(response, refused(500, "InternalServerException"));
    if (fault === "conflict") return respond(response, refused(409, "ConflictException"));
    const done = answer(operation, url, Buffer.concat(chunks).toString());
    if (fault === "lose-answer") return request.socket.destroy();
    respond(response, done);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    ...state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    rights,
    inject: (operation, ...given) => faults.set(operation, [...given]),
    before: (operation, action) => hooks.set(operation, action),
    put,
    get: (name, group = "default") => schedules.get(keyOf(group, name)),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function operationOf({ method }: IncomingMessage, { pathname }: URL): Operation | undefined {
  if (pathname === "/schedules") return method === "GET" ? "ListSchedules" : undefined;
  if (!/^\/schedules\/[^/]+$/.test(pathname)) return undefined;
  if (method === "GET") return "GetSchedule";
  if (method === "POST") return "CreateSchedule";
  if (method === "PUT") return "UpdateSchedule";
  return method === "DELETE" ? "DeleteSchedule" : undefined;
}

/** The signature itself is the SDK's affair. */
function isSigned({ headers }: IncomingMessage): boolean {
  const given = headers.authorization ?? "";
  return given.startsWith("AWS4-HMAC-SHA256 ") && given.includes("/scheduler/aws4_request");
}

function respond(response: ServerResponse, { status, body, error }: Answer): void {
  const headers = { "content-type": "application/json" };
  response.writeHead(
    status,
    error === undefined ? headers : { ...headers, "x-amzn-errortype": error },
  );
  response.end(JSON.stringify(body));
}
