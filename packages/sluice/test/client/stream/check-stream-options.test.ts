import { afterEach, describe, expect, it, vi } from "vitest";
import { EventSource, type EventStreamOptions, openEventStream } from "../../../src/client/index.ts";

const invalid: [string, unknown][] = [
  ["an unknown name", { heartbeat: 5 }],
  ["a name of Object", { hasOwnProperty: 1 }],
  ["a negative time", { backoff: -1 }],
  ["a time of 0", { connectTimeout: 0 }],
  ["NaN", { maxBackoff: Number.NaN }],
  ["a time as text", { stableAfter: "5" }],
  ["a callback that is no function", { onGap: true }],
  ["a schema that is no object", { schemas: "zod" }],
  ["null", { persist: null }],
  ["a number as position", { lastEventId: 5 }],
  ["a body with GET", { method: "GET", body: "x" }],
  ["a body that can be sent once", { body: new ReadableStream() }],
  ["an invalid header", { headers: { "a b": "c" } }],
  ["an invalid method", { method: "a b" }],
  ["a fetch that is no function", { fetch: "fetch" }],
  ["a store without methods", { persist: {} }],
  ["a controller in place of its signal", { signal: new AbortController() }],
  ["an expression as `until`", { until: /done/ }],
  ["a number as `until`", { until: 5 }],
  ["credentials as text", { withCredentials: "include" }],
  ["a body with a function and GET", { method: "GET", body: () => "x" }],
  ["a plain object as body", { body: { prompt: "x" } }],
  ["false as `until`", { until: false }],
  ["an object as `until`", { until: {} }],
  ["a number as shareKey", { shareKey: 42 }],
  ["the number 0 as shareKey", { shareKey: 0 }],
  ["null as shareKey", { shareKey: null }],
  ["an array as shareKey", { shareKey: ["tenant", "user"] }],
];

/** Arguments in place of an object of options. */
const noOptions: unknown[] = [null, 5, true, "x", () => ({}), Symbol("x")];

/** Arguments in place of a URL. */
const noUrls: unknown[] = [undefined, null, 5, true, {}, [], Symbol("x"), Promise.resolve("http://x")];

/** A global `Request` as `@hono/node-server` installs it: it takes a stream as body. */
class TolerantRequest extends Request {
  constructor(url: string, init: RequestInit & { duplex?: string }) {
    if ((init.body as Partial<ReadableStream> | undefined)?.getReader) init.duplex ??= "half";
    super(url, init);
  }
}

describe("openEventStream()", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("refuses a body that is a stream although the global Request takes it", () => {
    vi.stubGlobal("Request", TolerantRequest);
    const body = new ReadableStream();
    expect(new Request("http://x", { method: "POST", body })).toBeInstanceOf(Request);
    const open = () => openEventStream("http://127.0.0.1:9/", { body });
    expect(open).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(() => new EventSource("http://127.0.0.1:9/", { method: "POST", body })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });

  it.each(invalid)("refuses %s", (_, options) => {
    const open = () => openEventStream("http://127.0.0.1:9/", options as EventStreamOptions);
    expect(open).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it.each([
    ["the name of the option", { retryDelay: 5 }, "Expected a valid option, but got retryDelay"],
    ["its least value", { backoff: -5 }, "Expected a valid backoff >= 1, but got -5"],
    ["the types that it may have", { shareKey: 42 }, "Expected a valid shareKey: string|function, but got 42"],
    ["its type", { gapEvent: 5 }, "Expected a valid gapEvent: string, but got 5"],
  ])("names %s", (_, options, message) => {
    expect(() => openEventStream("http://127.0.0.1:9/", options as EventStreamOptions)).toThrow(message);
  });

  it("refuses anything but an object as options, and anything but a string, URL or function as URL", () => {
    for (const options of noOptions)
      expect(() => openEventStream("http://127.0.0.1:9/", options as never)).toThrow(
        "Expected a valid options: object",
      );
    vi.stubGlobal("location", new URL("http://127.0.0.1:9/page"));
    for (const url of noUrls) {
      const error = expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining("valid url") });
      expect(() => openEventStream(url as never)).toThrow(error);
    }
  });

  it("refuses a URL with a user name or a password, which fetch refuses at each attempt", () => {
    for (const url of ["http://ada:secret@127.0.0.1:9/", new URL("http://ada@127.0.0.1:9/")])
      expect(() => openEventStream(url)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it("refuses a relative URL where there is no page, and a Storage for a changing URL without a key", () => {
    const persist = { getItem: () => null, setItem: () => undefined };
    const open = [() => openEventStream("/orders"), () => openEventStream(() => "http://x", { persist })];
    for (const each of open) expect(each).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it("refuses a listener that is no function, and a type that is no text", async () => {
    await using stream = openEventStream("http://127.0.0.1:9/");
    const calls = [
      () => stream.on("n", "listener" as never),
      () => stream.on("", () => undefined),
      () => stream.onStateChange(5 as never),
    ];
    for (const each of calls) expect(each).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(() => stream.on("n", undefined as never)).toThrow("Expected a valid listener: function, but got undefined");
  });

  it("takes an option that is undefined for one that is not given", async () => {
    const names = ["method", "headers", "body", "fetch", "signal", "parse", "schemas", "onGap", "persist", "until"];
    const options = Object.fromEntries([...names, "backoff", "gapEvent"].map((name) => [name, undefined]));
    await using stream = openEventStream("http://127.0.0.1:9/", options);
    expect(stream.state).toBe("connecting");
  });
});
