import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Request as ExpressRequest, Response as ExpressResponse } from "express";
import { type CloseReason, createSluice, type SourceContext, SseItem } from "sluice";
import { type Exactly, holds } from "./exactly.ts";

declare const req: IncomingMessage;
declare const res: ServerResponse;
const sluice = createSluice();

async function* numbers(): AsyncGenerator<number> {
  yield 1;
}

// A source is an async iterable, a function that returns one, or a subscription.
const reason = await sluice.stream(req, res, numbers());
holds<Exactly<typeof reason, CloseReason>>();
sluice.stream(req, res, numbers, { event: "number", retry: 1_000, expiresAt: new Date() });
sluice.stream(req, res, async () => numbers());
sluice.stream(req, res, () => null);
sluice.stream(req, res, sluice.channel("c").subscribe());
sluice.stream(req, res, sluice.jobs("j").progress("1"));
sluice.stream(req, res, async function* ({ signal, lastEventId }) {
  holds<Exactly<typeof signal, AbortSignal>>();
  holds<Exactly<typeof lastEventId, string | undefined>>();
  yield new SseItem({ id: 1 }, { id: "1", event: "placed" });
  yield { id: 2 };
  yield new SseItem(undefined, { comment: "still working" });
});
// @ts-expect-error a number is not a source
sluice.stream(req, res, 1);
// @ts-expect-error a synchronous iterable is not a source
sluice.stream(req, res, [1, 2]);
// @ts-expect-error a function that returns a synchronous iterable is not a source
sluice.stream(req, res, () => [1, 2]);
// @ts-expect-error the option does not exist
sluice.stream(req, res, numbers, { events: "number" });
// @ts-expect-error the field does not exist
new SseItem(1, { type: "placed" });

// The context has the request with its type.
sluice.stream(req, res, ({ request }) => {
  holds<Exactly<typeof request, IncomingMessage>>();
  return numbers();
});
declare const expressRequest: ExpressRequest & { user: { id: string } };
declare const expressResponse: ExpressResponse;
sluice.stream(expressRequest, expressResponse, ({ request }) => {
  holds<Exactly<typeof request.user.id, string>>();
  return numbers();
});
declare const http2Request: Http2ServerRequest;
declare const http2Response: Http2ServerResponse;
sluice.stream(http2Request, http2Response, numbers);
const response = await sluice.response(new Request("http://desk.example"), ({ request }) => {
  holds<Exactly<typeof request, Request>>();
  return numbers();
});
holds<Exactly<typeof response, Response>>();
// @ts-expect-error a request of Node is not a Request of the Fetch standard
sluice.response(req, numbers);
// @ts-expect-error a Request of the Fetch standard is not a request of Node
sluice.stream(new Request("http://desk.example"), res, numbers);

// A source function can be declared on its own.
const readOrders = async ({ signal }: SourceContext) => (signal.aborted ? null : numbers());
sluice.stream(req, res, readOrders);
sluice.response(new Request("http://desk.example"), readOrders);
