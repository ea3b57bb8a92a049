import { describe, expect, it } from "vitest";
import { createSluice, type SluiceError, type Source, type StreamOptions } from "../../../src/index.ts";
import { errorOf, expectOptionError, numberCases, type OptionCase, optionsOf } from "../../support/option-cases.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";

const STREAM_CASES: OptionCase[] = [
  ...numberCases("heartbeat", "a number of ms of at least 1 or Infinity"),
  ...numberCases("retry", "a whole number of ms of at least 0"),
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
  ["methods", "POST", "names of methods in upper case", '"POST"'],
  ["methods", [], "names of methods in upper case", "an array of 0"],
  ["methods", ["post"], "names of methods in upper case", "an array of 1"],
  ["subscriber.user", { user: "" }, "a string that is not empty", '""'],
  ["signal", {}, "an AbortSignal", "an object (Object)"],
  ["signal", new AbortController(), "an AbortSignal", "an object (AbortController)"],
  ["shortStreams", "yes", "true, false or an object of options", '"yes"'],
  ["shortStreams", null, "true, false or an object of options", "null"],
  ["shortStreams.wait", { wait: 99 }, "a number of ms from 100 to 3600000", "99"],
  ["shortStreams.wait", { wait: Number.POSITIVE_INFINITY }, "a number of ms from 100 to 3600000", "Infinity"],
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
  ].map((name): OptionCase => ["headers", { [name]: "7" }, "Sluice decides how the body is sent", name]),
];

describe("a stream", () => {
  it.each(STREAM_CASES)("refuses the option %s: %o, before anything is answered", async (...about) => {
    const options = optionsOf(about) as StreamOptions;
    await using site = await Site.open();
    site.source = new ParkedSource();
    let error: SluiceError | undefined;
    site.answer = async (request, response) => {
      error = await errorOf(() => site.stream(request, response, options));
      response.end(String(response.headersSent));
    };
    const { response } = await site.get({ keep: true });
    expect(response.stream.body.toString()).toBe("false");
    expectOptionError(error!, about);
    expectOptionError(
      await errorOf(() => site.sluice.response(new Request("http://localhost/"), site.source, options)),
      about,
    );
    expect(site.sluice.stats()).toMatchObject({ opened: 0, closed: { refused: 0 } });
  });

  it.each([
    ["source", [1, 2, 3], "an async iterable, a function that makes one, or a subscription", "an array of 3"],
    ["source", undefined, "an async iterable", "undefined"],
    ["source", "text", "an async iterable", '"text"'],
  ] as OptionCase[])("refuses the %s %o", async (...about) => {
    const sluice = createSluice();
    const request = new Request("http://localhost/");
    expectOptionError(await errorOf(() => sluice.response(request, about[1] as Source)), about);
  });
});
