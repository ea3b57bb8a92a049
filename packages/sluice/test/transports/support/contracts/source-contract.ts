import { describe, expect, it } from "vitest";
import { SluiceError, type Source, type SourceContext, SseItem } from "../../../../src/index.ts";
import { ParkedSource, valuesThenSilence } from "../../../support/sources.ts";
import { until } from "../../../support/until.ts";
import type { Carrier } from "../carriers/carrier.ts";
import { TransportSite } from "../transport-site.ts";

/** The relation between a stream and its source: events, ends, errors and answers without a stream. */
export function sourceContract(carrier: Carrier): void {
  describe("whose source", () => {
    it("yields values sends each as an event, in order, and ends with the source", async () => {
      await using site = await TransportSite.open(carrier);
      site.options = { event: "order" };
      site.source = async function* () {
        yield { total: 1.5 };
        yield "a string\nof two lines";
        yield null;
        yield new SseItem([1], { id: "7", event: "other", comment: "said" });
      };
      const client = await site.get();
      await until("the stream is over", () => client.over || client.complete);
      expect(client.complete).toBe(true);
      expect(client.stream.events).toEqual([
        { type: "order", data: '{"total":1.5}', lastEventId: "" },
        { type: "order", data: "a string\nof two lines", lastEventId: "" },
        { type: "order", data: "null", lastEventId: "" },
        { type: "other", data: "[1]", lastEventId: "7" },
      ]);
      expect(client.stream.comments).toContain("said");
      await until("the end is reported", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["source-ended"]);
      expect(site.errors).toEqual([]);
    });

    it.each([
      ["before the first event", []],
      ["after some events", ["one", "two"]],
    ])("throws %s ends, hides the cause from the subscriber, and reports it to onError", async (_, values) => {
      await using site = await TransportSite.open(carrier);
      const cause = new Error("the password of the database is hunter2");
      site.source = async function* () {
        yield* values;
        throw cause;
      };
      const client = await site.get({ keep: true });
      await until("the stream is over", () => client.complete || client.over);
      // An orderly end: EventSource then resumes.
      expect(client.complete).toBe(true);
      const body = client.stream.body.toString();
      expect(body).not.toContain("hunter2");
      for (const value of values) expect(body).toContain(`data: ${value}\n\n`);
      await until("the end is reported", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["error"]);
      expect(site.errors).toMatchObject([{ error: cause, context: { stage: "source" } }]);
    });

    it("yields a value that cannot be encoded ends after the values before it, and calls return()", async () => {
      await using site = await TransportSite.open(carrier);
      let returned = false;
      site.source = async function* () {
        try {
          yield "good";
          yield 1n;
        } finally {
          returned = true;
        }
      };
      const client = await site.get();
      await until("the stream is over", () => client.complete || client.over);
      expect(client.stream.events.map(({ data }) => data)).toEqual(["good"]);
      await until("the end is reported", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["error"]);
      expect(returned).toBe(true);
      expect(site.errors).toMatchObject([{ error: { code: "INVALID_DATA" }, context: { stage: "source" } }]);
    });

    it.each([
      ["an error without a status", new Error("secret"), 500, "The event stream could not be opened.", 1],
      ["an error with status 404", Object.assign(new Error("no such job"), { status: 404 }), 404, "no such job", 0],
      ["an error with statusCode 403", Object.assign(new Error("not yours"), { statusCode: 403 }), 403, "not yours", 0],
      [
        "an error with status 503",
        Object.assign(new Error("pool"), { status: 503 }),
        503,
        "The event stream could not",
        1,
      ],
      [
        "an error with a status outside 400 to 599",
        Object.assign(new Error("x"), { status: 200 }),
        500,
        "The event stream",
        1,
      ],
      ["null", null, 500, "The event stream", 1],
    ])("is a function that throws %s is answered accordingly", async (_, thrown, status, text, reported) => {
      for (const source of [
        () => {
          throw thrown;
        },
        async () => {
          await Promise.resolve();
          throw thrown;
        },
      ]) {
        await using site = await TransportSite.open(carrier);
        site.source = source;
        const client = await site.get({ keep: true });
        await until("the answer is complete", () => client.complete);
        expect(client.status).toBe(status);
        expect(client.headers["content-type"]).toMatch("text/plain");
        expect(client.stream.body.toString()).toContain(text);
        await until("the end is reported", () => site.reasons.length > 0);
        expect(site.reasons).toEqual(["refused"]);
        expect(site.errors.map(({ error }) => error)).toEqual(reported === 1 ? [thrown] : []);
      }
    });

    it("is a function that throws an error with headers is answered with the valid ones", async () => {
      await using site = await TransportSite.open(carrier);
      const headers = { "WWW-Authenticate": "Bearer", "x-bad": "a\r\nset-cookie: b", "x-number": 7 };
      site.source = () => {
        throw Object.assign(new Error("who are you?"), { status: 401, headers });
      };
      const client = await site.get();
      expect(client.status).toBe(401);
      expect(client.headers).toMatchObject({ "www-authenticate": "Bearer" });
      expect(client.headers).not.toHaveProperty("x-bad");
      expect(client.headers).not.toHaveProperty("set-cookie");
    });

    it("is a function that returns no iterable is answered with 500, and reported", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = (() => ["not", "async"]) as unknown as Source;
      expect((await site.get()).status).toBe(500);
      expect(site.errors).toMatchObject([{ error: { code: "INVALID_OPTION" }, context: { stage: "source" } }]);
    });

    it.each([
      ["null", () => null],
      ["a promise of null", async () => null],
    ])("is a function that returns %s is answered with 204", async (_, source) => {
      await using site = await TransportSite.open(carrier);
      site.source = source;
      const client = await site.get();
      expect(client.status).toBe(204);
      await until("the end is reported", () => site.reasons.length > 0);
      expect(site.reasons).toEqual(["refused"]);
      expect(site.errors).toEqual([]);
    });

    it("is a function that returns a subscription resumes like the subscription itself", async () => {
      await using site = await TransportSite.open(carrier);
      const channel = site.sluice.channel("news");
      const first = await channel.publish("a", 1);
      await channel.publish("a", 2);
      site.source = (async () => channel.subscribe()) as Source;
      const client = await site.get({ headers: { "last-event-id": first } });
      await until("the event has arrived", () => client.stream.events.length > 0);
      expect(client.stream.data).toEqual([2]);
      expect(site.sluice.connections()).toMatchObject([{ channel: "news" }]);
    });

    it("is a function receives the request, the last event ID, and a signal that aborts at the end", async () => {
      await using site = await TransportSite.open(carrier);
      let seen: SourceContext | undefined;
      site.source = async function* (context: SourceContext) {
        seen = context;
        yield* valuesThenSilence(1)(context);
      };
      const client = await site.get({ path: "/a?b=1", headers: { "last-event-id": "77" } });
      await until("the event has arrived", () => client.stream.events.length > 0);
      expect(seen).toMatchObject({ lastEventId: "77", signal: { aborted: false } });
      expect((seen!.request as { url: string }).url).toMatch(/\/a\?b=1$/);
      expect(site.sluice.disconnect(() => true)).toBe(1);
      expect(seen?.signal).toMatchObject({ aborted: true, reason: { name: "AbortError" } });
      await until("the stream is over", () => client.complete);
      expect(site.reasons).toEqual(["disconnected"]);
      expect(site.errors).toEqual([]);
    });

    it("is requested by HEAD is not started, and the answer has the head of the stream", async () => {
      await using site = await TransportSite.open(carrier);
      const source = new ParkedSource();
      site.source = source;
      const client = await site.get({ method: "HEAD", keep: true });
      expect(client.status).toBe(200);
      expect(client.headers).toMatchObject({ "content-type": "text/event-stream", "x-accel-buffering": "no" });
      await until("the end is reported", () => client.complete && site.reasons.length > 0);
      expect(client.stream.bytes).toBe(0);
      expect(site.reasons).toEqual(["refused"]);
      expect(source.pulls).toBe(0);
      expect(site.sluice.stats()).toMatchObject({ opened: 0, streams: 0 });
    });

    it("throws a SluiceError is answered with 500, and reported with its code", async () => {
      await using site = await TransportSite.open(carrier);
      site.source = () => {
        throw new SluiceError("LOG_FAILED", "the log is away");
      };
      expect((await site.get()).status).toBe(500);
      expect(site.errors).toMatchObject([{ error: { code: "LOG_FAILED" } }]);
    });
  });
}
