// Checked by the compiler alone (npm run types): the handler beside the types of @types/aws-lambda.
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyHandlerV2,
  APIGatewayProxyResultV2,
  Context,
  EventBridgeEvent,
  Handler,
  LambdaFunctionURLHandler,
  ScheduledEvent,
} from "aws-lambda";
import { expectTypeOf } from "vitest";
import {
  type DrainInput,
  type DrainResult,
  type HttpResult,
  type LambdaEvent,
  type LambdaHandler,
  lambda,
  type Work,
} from "../../src/runtimes/lambda/index.ts";

declare const inbox: Work;
declare const context: Context;
declare const scheduled: ScheduledEvent;
declare const request: APIGatewayProxyEventV2;
const handler = lambda({ queues: () => inbox });

// It is a Handler, whichever events a function declares.
expectTypeOf(handler).toEqualTypeOf<LambdaHandler>();
expectTypeOf(handler).toExtend<Handler>();
expectTypeOf(handler).toExtend<Handler<ScheduledEvent, DrainResult>>();
expectTypeOf(handler).toExtend<Handler<EventBridgeEvent<"Scheduled Event", string>>>();
expectTypeOf(handler).toExtend<APIGatewayProxyHandlerV2>();
expectTypeOf(handler).toExtend<LambdaFunctionURLHandler>();

// What it returns follows from the event; a test brings the remaining time alone.
const remaining = { getRemainingTimeInMillis: () => 30_000 };
expectTypeOf(handler(request, remaining)).resolves.toEqualTypeOf<HttpResult>();
expectTypeOf(handler(scheduled, context)).resolves.toEqualTypeOf<DrainResult>();
expectTypeOf(handler({ queue: "orders" }, remaining)).resolves.toEqualTypeOf<DrainResult>();
expectTypeOf(handler(undefined, remaining)).resolves.toEqualTypeOf<DrainResult>();
expectTypeOf(handler(JSON.parse("{}") as unknown, remaining)).resolves.toEqualTypeOf<
  DrainResult | HttpResult
>();
expectTypeOf<HttpResult>().toExtend<APIGatewayProxyResultV2>();
// @ts-expect-error The remaining time bounds the passes.
handler({}, {});

// The function that makes the queues sees what asks for passes, and no HTTP.
lambda({
  queues: (event) => {
    expectTypeOf(event).toEqualTypeOf<LambdaEvent>();
    if (event && "detail-type" in event) expectTypeOf(event.source).toEqualTypeOf<string>();
    else expectTypeOf(event).toEqualTypeOf<DrainInput | null | undefined>();
    return inbox;
  },
});
expectTypeOf<ScheduledEvent>().toExtend<LambdaEvent>();
expectTypeOf<APIGatewayProxyEventV2>().not.toExtend<LambdaEvent>();
