import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, fetchHttp1 } from "../../adapters/support/fetch-http1.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { Program } from "./program.ts";

/** A runtime, and the program to run on it. */
export interface Runtime {
  /** The command line; `undefined` if this machine does not have the runtime. */
  readonly command: readonly string[] | undefined;
  readonly program: string;
  readonly connect?: (origin: string) => Client;
  /** A text that the runtime itself writes to standard error. */
  readonly notice?: RegExp;
}

/** Tests streams on a runtime. One program serves all tests in their order; the last tests drain it. */
export function runtimeContract(
  name: string,
  { command, program: file, connect = fetchHttp1, notice = /^$/ }: Runtime,
): void {
  // A developer's machine may lack a runtime. With CI=true a missing one is a failure.
  const isSkipped = command === undefined && process.env.CI !== "true";
  describe.skipIf(isSkipped)(name, () => {
    let program: Program;
    let client: Client;
    beforeAll(async () => {
      if (command === undefined)
        throw new Error(`This machine has no program for ${name}. Run npm test, which installs it.`);
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
      return readEventStream(await client.fetch(path, { headers }), { lastEventId, timeout: 60_000 });
    };

    it("sends the head at once, and each event as soon as it is published", async () => {
      await using stream = await open("/news");
      for (let i = 0; i < 3; i++) {
        const id = await ask("/publish?size=2");
        expect(await stream.next()).toEqual({ type: "edition", data: "xx", lastEventId: id });
      }
      await stream.close();
      expect(await program.message("news")).toEqual({ news: "client" });
    });

    it("resumes from a last event ID without a missing event", async () => {
      const first = await ask("/publish");
      const missed = [await ask("/publish"), await ask("/publish")];
      await using stream = await open("/news", first as string);
      const next = await ask("/publish");
      const received = await stream.take(3);
      expect(received.map(({ lastEventId }) => lastEventId)).toEqual([...missed, next]);
      await stream.close();
      await program.message("news");
    });

    it("ends a waiting source when its client leaves", async () => {
      const stream = await open("/waiting");
      expect((await stream.next()).data).toBe("waiting");
      await stream.close();
      expect(await program.message("returned")).toEqual({ returned: true, aborted: true });
      expect(await program.message("waiting")).toEqual({ waiting: "client" });
      expect(await ask("/stats")).toMatchObject({ streams: 0 });
    });

    it("answers an error before the head with its status and message", async () => {
      const response = await client.fetch("/refused");
      expect([response.status, await response.text()]).toEqual([403, "Not for you."]);
    });

    it("delivers every event to a slow reader, which lags meanwhile", async () => {
      const count = 2_000;
      await using stream = await open("/news");
      await ask(`/publish?count=${count}&size=10000`);
      expect(await ask("/stats")).toMatchObject({ streams: 1, live: 0, lagging: 1 });
      const received = await stream.take(count);
      const offsets = received.map(({ lastEventId }) => Number(lastEventId.split("-")[1]));
      expect(offsets).toEqual(offsets.map((_, i) => (offsets[0] as number) + i));
      await stream.close();
      await program.message("news");
    });

    it("ends its streams when it drains, and then refuses new ones", async () => {
      const streams = await Promise.all([open("/news"), open("/news"), open("/waiting")]);
      expect((await streams[2].next()).data).toBe("waiting");
      await ask("/drain");
      for (const stream of streams) {
        expect(await stream.rest()).toEqual([]);
        expect(stream.retry).toBeGreaterThan(0);
      }
      expect(await program.message("waiting")).toEqual({ waiting: "drained" });
      expect(await program.message("news")).toEqual({ news: "drained" });
      expect(await program.message("health")).toEqual({ health: { status: "draining", streams: 0 } });
      expect((await client.fetch("/news")).status).toBe(503);
    });

    it("writes nothing to standard error", () => {
      expect(program.stderr.replace(notice, "")).toBe("");
    });
  });
}
