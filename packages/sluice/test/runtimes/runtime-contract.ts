import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEventStream } from "../../src/testing/index.ts";
import { type Client, fetchHttp1 } from "../adapters/support/fetch-http1.ts";
import { Program } from "./program.ts";

/** How a runtime is told to run a program, and which; `undefined` where the machine does not have it. */
export interface Runtime {
  readonly command: readonly string[] | undefined;
  readonly program: string;
  readonly connect?: (origin: string) => Client;
  /** What the runtime itself cannot be kept from saying. */
  readonly notice?: RegExp;
}

/** What is expected of streams on every runtime. One program serves all tests, the last of which ends it. */
export function runtimeContract(
  name: string,
  { command, program: file, connect = fetchHttp1, notice = /^$/ }: Runtime,
): void {
  // A machine may lack a runtime, but not the one that decides.
  const isLeftOut = command === undefined && process.env.CI !== "true";
  describe.skipIf(isLeftOut)(name, () => {
    let program: Program;
    let client: Client;
    beforeAll(async () => {
      if (command === undefined)
        throw new Error(`This machine has no program for ${name}: run npm test, which installs it.`);
      program = new Program(command, file);
      client = connect(await program.origin());
    });
    afterAll(async () => {
      client?.leave();
      await program?.[Symbol.asyncDispose]();
    });

    const ask = async (path: string) => (await client.fetch(path)).json();
    const open = async (path: string, lastEventId = "") => {
      const headers: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
      return openEventStream(await client.fetch(path, { headers }), { lastEventId, timeout: 10_000 });
    };

    it("sends the head at once, and each event when it is published", async () => {
      await using stream = await open("/news");
      for (let i = 0; i < 3; i++) {
        const id = await ask("/publish?size=2");
        expect(await stream.next()).toEqual({ type: "edition", data: "xx", lastEventId: id });
      }
      await stream.close();
      expect(await program.said("news")).toEqual({ news: "client" });
    });

    it("resumes from a last event ID without a hole", async () => {
      const first = await ask("/publish");
      const missed = [await ask("/publish"), await ask("/publish")];
      await using stream = await open("/news", first as string);
      const next = await ask("/publish");
      const received = await stream.take(3);
      expect(received.map(({ lastEventId }) => lastEventId)).toEqual([...missed, next]);
      await stream.close();
      await program.said("news");
    });

    it("ends a source that is parked when its client goes away", async () => {
      const stream = await open("/parked");
      expect((await stream.next()).data).toBe("parked");
      await stream.close();
      expect(await program.said("returned")).toEqual({ returned: true, aborted: true });
      expect(await program.said("parked")).toEqual({ parked: "client" });
      expect(await ask("/stats")).toMatchObject({ streams: 0 });
    });

    it("answers an error before the head like any other", async () => {
      const response = await client.fetch("/refused");
      expect([response.status, await response.text()]).toEqual([403, "Not for you."]);
    });

    it("holds back for a slow reader, and leaves nothing out", async () => {
      const count = 2_000;
      await using stream = await open("/news");
      await ask(`/publish?count=${count}&size=10000`);
      expect(await ask("/stats")).toMatchObject({ streams: 1, live: 0, lagging: 1 });
      const received = await stream.take(count);
      const offsets = received.map(({ lastEventId }) => Number(lastEventId.split("-")[1]));
      expect(offsets).toEqual(offsets.map((_, i) => (offsets[0] as number) + i));
      await stream.close();
      await program.said("news");
    });

    it("drains: ends its streams in good order, and says so", async () => {
      const streams = await Promise.all([open("/news"), open("/news"), open("/parked")]);
      expect((await streams[2].next()).data).toBe("parked");
      await ask("/drain");
      for (const stream of streams) {
        expect(await stream.rest()).toEqual([]);
        expect(stream.retry).toBeGreaterThan(0);
      }
      expect(await program.said("parked")).toEqual({ parked: "drained" });
      expect(await program.said("news")).toEqual({ news: "drained" });
      expect(await program.said("health")).toEqual({ health: { status: "draining", streams: 0 } });
      expect((await client.fetch("/news")).status).toBe(503);
    });

    it("writes nothing to standard error all the while", () => {
      expect(program.complaints.replace(notice, "")).toBe("");
    });
  });
}
