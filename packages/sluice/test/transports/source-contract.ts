import { describe, expect, it } from "vitest";
import { SluiceError, type Source, type SourceContext, SseItem } from "../../src/index.ts";
import { ParkedSource, valuesThenSilence } from "../support/sources.ts";
import { until } from "../support/until.ts";
import type { Carrier } from "./carrier.ts";
import { Stage } from "./stage.ts";

/** What becomes of a stream is what becomes of its source. */
export function sourceContract(carrier: Carrier): void {
  describe("whose source", () => {
    it("yields values sends each as an event, in order, and ends when the source does", async () => {
      await using stage = await Stage.set(carrier);
      stage.options = { event: "order" };
      stage.source = async function* () {
        yield { total: 1.5 };
        yield "a string\nof two lines";
        yield null;
        yield new SseItem([1], { id: "7", event: "other", comment: "said" });
      };
      const asker = await stage.get();
      await until("the stream is over", () => asker.over || asker.complete);
      expect(asker.complete).toBe(true);
      expect(asker.stream.events).toEqual([
        { type: "order", data: '{"total":1.5}', lastEventId: "" },
        { type: "order", data: "a string\nof two lines", lastEventId: "" },
        { type: "order", data: "null", lastEventId: "" },
        { type: "other", data: "[1]", lastEventId: "7" },
      ]);
      expect(asker.stream.comments).toContain("said");
      await until("it has ended", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["source-ended"]);
      expect(stage.errors).toEqual([]);
    });

    it.each([
      ["before the first event", []],
      ["after some events", ["one", "two"]],
    ])("throws %s ends, says nothing of the cause to the subscriber, and all of it to onError", async (_, values) => {
      await using stage = await Stage.set(carrier);
      const cause = new Error("the password of the database is hunter2");
      stage.source = async function* () {
        yield* values;
        throw cause;
      };
      const asker = await stage.get({ keep: true });
      await until("the stream is over", () => asker.complete || asker.over);
      // In an orderly way, so that EventSource resumes.
      expect(asker.complete).toBe(true);
      const body = asker.stream.body.toString();
      expect(body).not.toContain("hunter2");
      for (const value of values) expect(body).toContain(`data: ${value}\n\n`);
      await until("it has ended", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["error"]);
      expect(stage.errors).toMatchObject([{ error: cause, context: { stage: "source" } }]);
    });

    it("yields what cannot be encoded ends with what came before it, and is told to return", async () => {
      await using stage = await Stage.set(carrier);
      let returned = false;
      stage.source = async function* () {
        try {
          yield "good";
          yield 1n;
        } finally {
          returned = true;
        }
      };
      const asker = await stage.get();
      await until("the stream is over", () => asker.complete || asker.over);
      expect(asker.stream.events.map(({ data }) => data)).toEqual(["good"]);
      await until("it has ended", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["error"]);
      expect(returned).toBe(true);
      expect(stage.errors).toMatchObject([{ error: { code: "INVALID_DATA" }, context: { stage: "source" } }]);
    });

    it.each([
      ["an error without a status", new Error("secret"), 500, "The event stream could not be opened.", 1],
      ["an error with status 404", Object.assign(new Error("no such job"), { status: 404 }), 404, "no such job", 0],
      ["one with statusCode 403", Object.assign(new Error("not yours"), { statusCode: 403 }), 403, "not yours", 0],
      ["one with status 503", Object.assign(new Error("pool"), { status: 503 }), 503, "The event stream could not", 1],
      ["one with a status that is none", Object.assign(new Error("x"), { status: 200 }), 500, "The event stream", 1],
      ["no error at all", null, 500, "The event stream", 1],
    ])("is a function that throws %s is answered by that", async (_, thrown, status, text, reported) => {
      for (const source of [
        () => {
          throw thrown;
        },
        async () => {
          await Promise.resolve();
          throw thrown;
        },
      ]) {
        await using stage = await Stage.set(carrier);
        stage.source = source;
        const asker = await stage.get({ keep: true });
        await until("the answer is complete", () => asker.complete);
        expect(asker.status).toBe(status);
        expect(asker.headers["content-type"]).toMatch("text/plain");
        expect(asker.stream.body.toString()).toContain(text);
        await until("it is over", () => stage.reasons.length > 0);
        expect(stage.reasons).toEqual(["refused"]);
        expect(stage.errors.map(({ error }) => error)).toEqual(reported === 1 ? [thrown] : []);
      }
    });

    it("is a function that throws an error with headers is answered with those that are sound", async () => {
      await using stage = await Stage.set(carrier);
      const headers = { "WWW-Authenticate": "Bearer", "x-bad": "a\r\nset-cookie: b", "x-number": 7 };
      stage.source = () => {
        throw Object.assign(new Error("who are you?"), { status: 401, headers });
      };
      const asker = await stage.get();
      expect(asker.status).toBe(401);
      expect(asker.headers).toMatchObject({ "www-authenticate": "Bearer" });
      expect(asker.headers).not.toHaveProperty("x-bad");
      expect(asker.headers).not.toHaveProperty("set-cookie");
    });

    it("is a function that returns no iterable is answered with 500, and reported", async () => {
      await using stage = await Stage.set(carrier);
      stage.source = (() => ["not", "async"]) as unknown as Source;
      expect((await stage.get()).status).toBe(500);
      expect(stage.errors).toMatchObject([{ error: { code: "INVALID_OPTION" }, context: { stage: "source" } }]);
    });

    it.each([
      ["null", () => null],
      ["a promise of null", async () => null],
    ])("is a function that returns %s is answered with 204", async (_, source) => {
      await using stage = await Stage.set(carrier);
      stage.source = source;
      const asker = await stage.get();
      expect(asker.status).toBe(204);
      await until("it is over", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["refused"]);
      expect(stage.errors).toEqual([]);
    });

    it("is a function that returns a subscription resumes like the subscription itself", async () => {
      await using stage = await Stage.set(carrier);
      const channel = stage.sluice.channel("news");
      const first = await channel.publish("a", 1);
      await channel.publish("a", 2);
      stage.source = (async () => channel.subscribe()) as Source;
      const asker = await stage.get({ headers: { "last-event-id": first } });
      await until("the event has come", () => asker.stream.events.length > 0);
      expect(asker.stream.data).toEqual([2]);
      expect(stage.sluice.connections()).toMatchObject([{ channel: "news" }]);
    });

    it("is a function is told the request, the last event ID, and an end it did not make by its signal", async () => {
      await using stage = await Stage.set(carrier);
      let seen: SourceContext | undefined;
      stage.source = async function* (context: SourceContext) {
        seen = context;
        yield* valuesThenSilence(1)(context);
      };
      const asker = await stage.get({ path: "/a?b=1", headers: { "last-event-id": "77" } });
      await until("the event has come", () => asker.stream.events.length > 0);
      expect(seen).toMatchObject({ lastEventId: "77", signal: { aborted: false } });
      expect((seen!.request as { url: string }).url).toMatch(/\/a\?b=1$/);
      expect(stage.sluice.disconnect(() => true)).toBe(1);
      expect(seen?.signal).toMatchObject({ aborted: true, reason: { name: "AbortError" } });
      await until("the stream is over", () => asker.complete);
      expect(stage.reasons).toEqual(["disconnected"]);
      expect(stage.errors).toEqual([]);
    });

    it("is asked for by HEAD is not begun, and the head is that of the stream", async () => {
      await using stage = await Stage.set(carrier);
      const source = new ParkedSource();
      stage.source = source;
      const asker = await stage.get({ method: "HEAD", keep: true });
      expect(asker.status).toBe(200);
      expect(asker.headers).toMatchObject({ "content-type": "text/event-stream", "x-accel-buffering": "no" });
      await until("it is over", () => asker.complete && stage.reasons.length > 0);
      expect(asker.stream.bytes).toBe(0);
      expect(stage.reasons).toEqual(["refused"]);
      expect(source.pulls).toBe(0);
      expect(stage.sluice.stats()).toMatchObject({ opened: 0, streams: 0 });
    });

    it("refuses, by an error of Sluice's own, names the code to those who log", async () => {
      await using stage = await Stage.set(carrier);
      stage.source = () => {
        throw new SluiceError("LOG_FAILED", "the log is away");
      };
      expect((await stage.get()).status).toBe(500);
      expect(stage.errors).toMatchObject([{ error: { code: "LOG_FAILED" } }]);
    });
  });
}
