import { describe, expect, it } from "vitest";
import { createSluice, type ErrorContext, type SluiceOptions, type StreamOptions } from "../../src/index.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

const request = () => new Request("http://localhost/");

/** The ways in which a callback fails. The test runner fails on an unhandled rejection, which would end a process. */
const FAILURES: [string, () => never][] = [
  [
    "throws",
    () => {
      throw new Error("in the callback");
    },
  ],
  ["returns a promise that rejects", () => Promise.reject(new Error("in the callback")) as never],
  [
    "returns a thenable that rejects",
    () =>
      ({
        // biome-ignore lint/suspicious/noThenProperty: the thenable under test
        then: (_: unknown, reject: (error: Error) => void) => reject(new Error("in the callback")),
      }) as never,
  ],
  [
    "returns an object whose `then` throws",
    () =>
      ({
        // biome-ignore lint/suspicious/noThenProperty: the thenable under test
        get then() {
          throw new Error("in the callback");
        },
      }) as never,
  ],
  [
    "throws null",
    () => {
      throw null;
    },
  ],
];

describe.each(FAILURES)("a callback that %s does not end the process:", (_, fail) => {
  it("onError, whose failure is dropped", async () => {
    await using sluice = createSluice({ onError: fail });
    const source = () => {
      throw new Error("x");
    };
    expect((await sluice.response(request(), source)).status).toBe(500);
    await turns(5);
  });

  it("onClose, whose failure is reported", async () => {
    await using site = await Site.open();
    site.source = new ParkedSource();
    site.options = { onClose: fail } satisfies StreamOptions;
    await site.get();
    expect(site.sluice.disconnect(() => true)).toBe(1);
    site.source = () => null;
    await site.get();
    await until("both ends are reported", () => site.reasons.length === 2 && site.errors.length === 2);
    expect(site.errors.map(({ context }) => context)).toEqual([{ stage: "on-close" }, { stage: "on-close" }]);
  });

  it("connectionKey, whose request is refused", async () => {
    const reports: ErrorContext[] = [];
    const options: SluiceOptions = { maxConnectionsPerKey: 1, connectionKey: fail };
    await using sluice = createSluice({ ...options, onError: (_error, context) => void reports.push(context) });
    expect((await sluice.response(request(), new ParkedSource())).status).toBe(503);
    await turns(5);
    expect(reports).toEqual([{ stage: "connection-key" }]);
  });

  it("a selector, whose failure disconnect() throws", async () => {
    await using site = await Site.open();
    site.source = new ParkedSource();
    await site.get();
    expect(() => site.sluice.disconnect(fail)).toThrow();
    await turns(5);
    expect(site.sluice.connections()).toHaveLength(1);
  });
});

describe("connectionKey", () => {
  it("that is async is reported, and does not lift the limit", async () => {
    const connectionKey = (async () => "ada") as unknown as SluiceOptions["connectionKey"];
    await using site = await Site.open({ maxConnectionsPerKey: 1, ...(connectionKey && { connectionKey }) });
    site.source = () => new ParkedSource();
    expect((await site.get({ keep: true })).response.status).toBe(503);
    expect(site.errors).toMatchObject([{ error: { code: "INVALID_OPTION" }, context: { stage: "connection-key" } }]);
  });
});

describe("stream()", () => {
  it.each([
    ["a query parameter that came twice", { lastEventId: ["1", "2"] }],
    ["a query parameter that is no number", { expiresAt: Number("soon") }],
    ["an empty name", { subscriber: { id: "" } }],
    ["a header that the request does not have", { headers: { "access-control-allow-origin": undefined } }],
  ])("that nobody awaits does not end the process if an option is %s, and reports it", async (_, options) => {
    await using site = await Site.open();
    const source = new ParkedSource();
    site.answer = (req, res) => {
      void site.sluice.stream(req, res as never, source, options as unknown as StreamOptions);
    };
    site.request();
    await until("it is reported", () => site.errors.length > 0);
    expect(site.errors).toMatchObject([{ error: { code: "INVALID_OPTION" }, context: { stage: "options" } }]);
    await until("the source is released", () => source.returned === 1);
  });
});
