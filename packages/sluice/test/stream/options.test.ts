import { describe, expect, it } from "vitest";
import {
  createSluice,
  type NodeRequest,
  type NodeResponse,
  type SluiceError,
  type SluiceOptions,
  type Source,
  type StreamOptions,
} from "../../src/index.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";

/** What an error must say: the option's name, what was expected, and what came. */
type Case = [option: string, value: unknown, expected: string, came: string];

const NUMBER_CASES = (name: string, expected: string): Case[] => [
  [name, "5", expected, '"5"'],
  [name, Number.NaN, expected, "NaN"],
  [name, -1, expected, "-1"],
  [name, null, expected, "null"],
  [name, Number.NEGATIVE_INFINITY, expected, "-Infinity"],
];

const SLUICE_CASES: Case[] = [
  ...NUMBER_CASES("heartbeat", "a number of ms of at least 1 or Infinity"),
  ["heartbeat", 0, "a number of ms of at least 1 or Infinity", "0"],
  ...NUMBER_CASES("retry", "a number of ms from 0 to 2147483648"),
  ["retry", Number.POSITIVE_INFINITY, "a number of ms from 0 to", "Infinity"],
  ...NUMBER_CASES("highWaterMark", "a whole number of bytes of at least 1024"),
  ["highWaterMark", 1_023, "a whole number of bytes of at least 1024", "1023"],
  ["highWaterMark", 4_096.5, "a whole number of bytes", "4096.5"],
  ["highWaterMark", Number.POSITIVE_INFINITY, "a whole number of bytes", "Infinity"],
  ...NUMBER_CASES("stallTimeout", "a number of ms of at least 1 or Infinity"),
  ...NUMBER_CASES("flushInterval", "a number of ms from 0 to 60000"),
  ...NUMBER_CASES("maxConnections", "a whole number of at least 1 or Infinity"),
  ["maxConnections", 1.5, "a whole number of at least 1 or Infinity", "1.5"],
  ...NUMBER_CASES("maxConnectionsPerKey", "a whole number of at least 1 or Infinity"),
  ...NUMBER_CASES("maxLifetime", "a number of ms of at least 1 or Infinity"),
  ["compress", "yes", "true or false", '"yes"'],
  ["compress", null, "true or false", "null"],
  ["connectionKey", "ip", "a function", '"ip"'],
  ["onError", console, "a function", "an object"],
  ["gapEvent", "", "an event type", '""'],
  ["gapEvent", 7, "an event type", "7"],
  ["gapEvent", "a\nb", "text without CR, LF", '"a\\nb"'],
  ["log", {}, "a log", "an object (Object)"],
  ["log", null, "a log", "null"],
];

const STREAM_CASES: Case[] = [
  ...NUMBER_CASES("heartbeat", "a number of ms of at least 1 or Infinity"),
  ...NUMBER_CASES("retry", "a whole number of ms of at least 0"),
  ["retry", 1.5, "a whole number of ms of at least 0", "1.5"],
  ["retry", Number.POSITIVE_INFINITY, "a whole number of ms", "Infinity"],
  ["event", 7, "text without CR, LF", "7"],
  ["event", "a\r\ndata: b", "text without CR, LF", '"a\\r\\ndata: b"'],
  ["lastEventId", 7, "a string", "7"],
  ["lastEventId", null, "a string", "null"],
  ["expiresAt", "tomorrow", "a valid Date, or a number of ms since 1970", '"tomorrow"'],
  ["expiresAt", new Date("tomorrow"), "a valid Date, or a number", "an object (Date)"],
  ["expiresAt", Number.NaN, "a valid Date, or a number", "NaN"],
  ["expiresAt", -1, "a valid Date, or a number", "-1"],
  ["expiresAt", Symbol("now"), "a valid Date, or a number", "Symbol(now)"],
  ["subscriber", "ada", "an object", '"ada"'],
  ["subscriber", null, "an object", "null"],
  ["subscriber.id", { id: 7 }, "a string that is not empty", "7"],
  ["subscriber.user", { user: "" }, "a string that is not empty", '""'],
  ["signal", {}, "an AbortSignal", "an object (Object)"],
  ["signal", new AbortController(), "an AbortSignal", "an object (AbortController)"],
  ["onClose", true, "a function", "true"],
  ["headers", "x-a: b", "an object of header names and values", '"x-a: b"'],
  ["headers", null, "an object of header names and values", "null"],
  ["headers", { "x a": "b" }, "an object of header names and values", '"x a"'],
  ["headers", { ":status": "500" }, "an object of header names and values", '":status"'],
  ['headers["x-a"]', { "x-a": 7 }, "a string on one line", "7"],
  ['headers["x-a"]', { "x-a": ["b"] }, "a string on one line", "an array of 1"],
  ['headers["x-a"]', { "x-a": "b\r\nset-cookie: c" }, "a string on one line", '"b\\r\\nset-cookie: c"'],
  ['headers["x-a"]', { "x-a": "b\nc" }, "a string on one line", '"b\\nc"'],
  ['headers["x-a"]', { "x-a": "b\0c" }, "a string on one line", '"b\\u0000c"'],
  ['headers["x-a"]', { "x-a": "č" }, "a string on one line", '"č"'],
  ...[
    "Content-Length",
    "Transfer-Encoding",
    "content-type",
    "content-encoding",
    "Connection",
    "Keep-Alive",
    "Upgrade",
  ].map((name): Case => ["headers", { [name]: "7" }, "Sluice decides how the body is sent", name]),
];

const DRAIN_CASES: Case[] = [
  ...NUMBER_CASES("timeout", "a number of ms of at least 0"),
  ...NUMBER_CASES("pace", "a number of ms of at least 0"),
  ...NUMBER_CASES("spread", "a number of ms of at least 0"),
];

/** The error of an option, whether thrown or a rejection. */
async function errorOf(act: () => unknown): Promise<SluiceError> {
  try {
    await act();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error("It was accepted.");
}

function expectMessage(error: SluiceError, [option, , expected, came]: Case): void {
  expect(error).toMatchObject({ name: "SluiceError", code: "INVALID_OPTION" });
  expect(error.message).toContain(`\`${option}\``);
  expect(error.message).toContain(expected);
  expect(error.message).toContain(came);
}

/** `subscriber.id` of the value `{ id: 7 }` is the option `subscriber`. */
const optionOf = ([name, value]: Case) => ({ [name.split(/[.[]/)[0] as string]: value });

describe("an option that is not what it must be", () => {
  it.each(SLUICE_CASES)(
    "of createSluice(), %s: %o, is named, with what was expected and what came",
    async (...about) => {
      expectMessage(await errorOf(() => createSluice(optionOf(about) as SluiceOptions)), about);
    },
  );

  it.each(STREAM_CASES)("of a stream, %s: %o, is named before anything is answered", async (...about) => {
    const options = optionOf(about) as StreamOptions;
    await using site = await Site.open();
    site.source = new ParkedSource();
    let error: SluiceError | undefined;
    site.answer = async (request, response) => {
      error = await errorOf(() => site.stream(request, response, options));
      response.end(String(response.headersSent));
    };
    const { response } = await site.get({ keep: true });
    expect(response.stream.body.toString()).toBe("false");
    expectMessage(error!, about);
    expectMessage(
      await errorOf(() => site.sluice.response(new Request("http://localhost/"), site.source, options)),
      about,
    );
    expect(site.sluice.stats()).toMatchObject({ opened: 0, closed: { refused: 0 } });
  });

  it.each(DRAIN_CASES)("of drain(), %s: %o, is named, and nothing is drained", async (...about) => {
    const sluice = createSluice();
    expectMessage(await errorOf(() => sluice.drain(optionOf(about))), about);
    expect(sluice.health().status).toBe("ok");
    await sluice.close();
  });

  it.each([
    [null, ["selector", "an object or a function", "null"]],
    ["ada", ["selector", "an object or a function", '"ada"']],
    [{}, ["selector", "`id`, `user` or `channel`", "names nothing"]],
    [{ topic: "a" }, ["selector", "`id`, `user` or `channel`", "names `topic`"]],
    [{ user: "ada", stream: 7 }, ["selector", "`id`, `user` or `channel`", "`stream`"]],
    [{ user: 7 }, ["selector.user", "a string that is not empty", "7"]],
    [{ user: "" }, ["selector.user", "a string that is not empty", '""']],
    // Everybody on the channel would be more than was meant.
    [{ user: undefined, channel: "news" }, ["selector.user", "a string that is not empty", "null"]],
  ])("of disconnect(), %o, is named, and nobody is disconnected", async (selector, [option, expected, came]) => {
    await using site = await Site.open();
    site.source = site.sluice.channel("news").subscribe();
    await site.get();
    const error = await errorOf(() => site.sluice.disconnect(selector as { user: string }));
    expectMessage(error, [option as string, undefined, expected as string, came as string]);
    expect(site.sluice.connections()).toHaveLength(1);
  });

  it.each([
    ["createSluice", (options: object) => createSluice(options)],
    ["stream", (options: object) => createSluice().response(new Request("http://a/"), new ParkedSource(), options)],
    ["drain", (options: object) => createSluice().drain(options)],
  ])("because there is none of this name in %s() is told with the names that there are", async (owner, act) => {
    const unknown = await errorOf(() => act({ hartbeat: 1 }));
    expect(unknown.message).toMatch(new RegExp(`^${owner} has no option \`hartbeat\`. It has: .*(heartbeat|timeout)`));
    const none = await errorOf(() => act(null as unknown as object));
    expect(none.message).toBe(`\`${owner} options\` must be an object, but is null.`);
  });

  it.each([
    ["source", [1, 2, 3], "an async iterable, a function that makes one, or a subscription", "an array of 3"],
    ["source", undefined, "an async iterable", "undefined"],
    ["source", "text", "an async iterable", '"text"'],
  ] as Case[])("because the %s is %o is told", async (...about) => {
    const sluice = createSluice();
    const request = new Request("http://localhost/");
    expectMessage(await errorOf(() => sluice.response(request, about[1] as Source)), about);
  });

  it("because request and response were swapped, or are none, is told", async () => {
    const sluice = createSluice();
    const [request, response] = [{ headers: {} } as NodeRequest, { writeHead: () => {} } as unknown as NodeResponse];
    const source = new ParkedSource();
    const swapped = sluice.stream(response as unknown as NodeRequest, request as unknown as NodeResponse, source);
    expect((await errorOf(() => swapped)).message).toContain("`request` must be a request of node:http or alike");
    const without = sluice.stream(request, undefined as unknown as NodeResponse, source);
    expect((await errorOf(() => without)).message).toContain("`response` must be a response of node:http or alike");
    const onFetch = sluice.response(request as unknown as Request, source);
    expect((await errorOf(() => onFetch)).message).toContain("`request` must be a Request of the Fetch standard");
  });

  it("because the response has its head already is told, and the answer is left alone", async () => {
    await using site = await Site.open();
    site.source = new ParkedSource();
    let error: SluiceError | undefined;
    site.answer = async (request, response) => {
      response.writeHead(404);
      error = await errorOf(() => site.stream(request, response));
      response.end("not here");
    };
    const { response } = await site.get({ keep: true });
    expect([response.status, response.stream.body.toString()]).toEqual([404, "not here"]);
    expect(error).toMatchObject({ code: "INVALID_OPTION", message: expect.stringContaining("already sent") });
  });
});

describe("an option at its limit", () => {
  it.each([
    { heartbeat: 1, stallTimeout: 1, maxLifetime: 1, maxConnections: 1, maxConnectionsPerKey: 1, retry: 0 },
    { heartbeat: Number.POSITIVE_INFINITY, stallTimeout: Number.POSITIVE_INFINITY, highWaterMark: 1_024 },
    { maxConnections: Number.POSITIVE_INFINITY, maxLifetime: Number.POSITIVE_INFINITY, retry: 2 ** 31 },
    { heartbeat: undefined, compress: undefined, log: undefined },
  ])("is accepted: %j", async (options) => {
    await createSluice(options as SluiceOptions).close();
  });
});
