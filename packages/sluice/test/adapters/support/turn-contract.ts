import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../../src/index.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { until } from "../../support/until.ts";
import type { TestServer } from "./adapter-contract.ts";
import { HandFed } from "./hand-fed.ts";

/**
 * Setup of an application with one route, `/`, for GET and HEAD, which streams `source` with the option `onClose`. A
 * hook or a middleware of it awaits `late()` after the handler, and then sets the header `x-late`.
 */
export interface TurnSetup {
  readonly sluice: Sluice;
  readonly source: () => AsyncIterable<unknown>;
  readonly onClose: (reason: string) => void;
  readonly late: () => Promise<void>;
}

/** The tests of the time between the handler and the head, when a framework finishes its response. */
export function turnContract(name: string, start: (setup: TurnSetup) => Promise<TestServer>): void {
  describe(`the turn of ${name} between the handler and the head`, () => {
    let sluice: Sluice;
    let server: TestServer;
    let fed: HandFed<unknown>;
    let isLate: boolean;
    let go: (error?: Error) => void;
    const codes: unknown[] = [];
    const reasons: string[] = [];

    beforeEach(async () => {
      codes.length = 0;
      reasons.length = 0;
      sluice = createSluice({ onError: (error) => codes.push((error as { code?: string }).code) });
      fed = new HandFed();
      isLate = false;
      const gate = new Promise<void>((resolve, reject) => {
        go = (error) => (error === undefined ? resolve() : reject(error));
      });
      gate.catch(() => undefined);
      const late = () => {
        isLate = true;
        return gate;
      };
      server = await start({ sluice, source: () => fed, onClose: (reason) => reasons.push(reason), late });
    });
    afterEach(async () => {
      go();
      await sluice.close();
      await server.close();
    });
    const inTurn = () => until("the framework finishes its response", () => isLate);

    it("sends no head before the framework has finished, and then events one by one", async () => {
      const answer = server.fetch("/");
      await inTurn();
      expect(sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
      go();
      const response = await answer;
      expect(response.headers.get("x-late")).toBe("1");
      await using stream = await readEventStream(response);
      for (const value of ["one", "two"]) {
        fed.give(value);
        expect((await stream.next()).data).toBe(value);
      }
      fed.end();
      expect(await stream.rest()).toEqual([]);
      expect([reasons, codes]).toEqual([["source-ended"], []]);
    });

    it("releases the source if the client leaves", async () => {
      const leave = new AbortController();
      const answer = server.fetch("/", { signal: leave.signal });
      answer.catch(() => undefined);
      await inTurn();
      leave.abort();
      await fed.returned;
      go();
      await until("the request is forgotten", () => sluice.health().streams === 0);
      expect([reasons, codes]).toEqual([["client"], []]);
      expect(sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
    });

    it("refuses with 503 if a drain began, and releases the source", async () => {
      const answer = server.fetch("/");
      await inTurn();
      const drained = sluice.drain({ timeout: 2_000, pace: 0 });
      go();
      const response = await answer;
      expect([response.status, response.headers.get("content-type")]).toEqual([503, "text/plain; charset=utf-8"]);
      expect([response.headers.get("x-late"), response.headers.has("retry-after")]).toEqual(["1", true]);
      await response.text();
      await fed.returned;
      await drained;
      expect([reasons, codes]).toEqual([["refused"], []]);
    });

    it("refuses with 503 if the drain is over before the framework has finished", async () => {
      const answer = server.fetch("/");
      await inTurn();
      await sluice.drain({ timeout: 0, pace: 0 });
      await fed.returned;
      go();
      const response = await answer;
      expect([response.status, response.headers.get("x-late")]).toEqual([503, "1"]);
      await response.text();
      expect([reasons, codes]).toEqual([["refused"], []]);
    });

    it("refuses with 503 if disconnect() ends the request", async () => {
      const answer = server.fetch("/");
      await inTurn();
      expect(sluice.disconnect(() => true)).toBe(1);
      go();
      const response = await answer;
      expect(response.status).toBe(503);
      await response.text();
      await fed.returned;
      expect(reasons).toEqual(["disconnected"]);
    });

    it("leaves the answer to the framework if its hook fails, and releases the source", async () => {
      const answer = server.fetch("/");
      await inTurn();
      go(new Error("The hook failed."));
      const response = await answer;
      expect(response.status).toBe(500);
      await response.text();
      await fed.returned;
      expect(reasons).toEqual(["refused"]);
      expect(sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
    });

    it("answers HEAD with the head alone", async () => {
      go();
      const response = await server.fetch("/", { method: "HEAD" });
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
      expect(response.headers.get("content-length")).toBeNull();
      expect(response.headers.get("x-late")).toBe("1");
      expect(await response.text()).toBe("");
      expect(sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
    });
  });
}
