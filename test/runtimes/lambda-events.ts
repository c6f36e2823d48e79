import type { APIGatewayProxyEventV2, EventBridgeEvent, ScheduledEvent } from "aws-lambda";

/** From EventBridge Scheduler where the schedule names no input. */
export const SCHEDULE_WITHOUT_INPUT: EventBridgeEvent<"Scheduled Event", string> = {
  version: "0",
  id: "2f3c1d6a-9c5d-4c1e-8a8e-1a2b3c4d5e6f",
  "detail-type": "Scheduled Event",
  source: "aws.scheduler",
  account: "123456789012",
  time: "2026-01-02T03:04:00Z",
  region: "eu-central-1",
  resources: ["arn:aws:scheduler:eu-central-1:123456789012:schedule/default/inbox"],
  detail: "{}",
};

/** From a scheduled rule. */
export const RULE: ScheduledEvent = {
  ...SCHEDULE_WITHOUT_INPUT,
  source: "aws.events",
  resources: ["arn:aws:events:eu-central-1:123456789012:rule/inbox"],
  detail: {},
};

/** From a Function URL, or an HTTP API of API Gateway. */
export function httpEvent(
  method: string,
  path: string,
  given: Partial<APIGatewayProxyEventV2> = {},
): APIGatewayProxyEventV2 {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers: {},
    isBase64Encoded: false,
    ...given,
    requestContext: {
      accountId: "anonymous",
      apiId: "abc",
      domainName: "abc.lambda-url.eu-central-1.on.aws",
      domainPrefix: "abc",
      http: {
        method,
        path,
        protocol: "HTTP/1.1",
        sourceIp: "192.0.2.1",
        userAgent: "test",
      },
      requestId: "1",
      routeKey: "$default",
      stage: "$default",
      time: "02/Jan/2026:03:04:00 +0000",
      timeEpoch: 1_767_323_040_000,
    },
  };
}

/** The context of an invocation that has so much time left. */
export const contextWith = (remainingMs: number) => ({
  getRemainingTimeInMillis: () => remainingMs,
});
