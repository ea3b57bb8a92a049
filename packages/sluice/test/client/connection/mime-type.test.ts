import { describe, expect, it } from "vitest";
import { isEventStream } from "../../../src/client/connection/mime-type.ts";

describe("isEventStream()", () => {
  it.each([
    "text/event-stream",
    "TEXT/Event-Stream",
    " \ttext/event-stream ",
    "text/event-stream;",
    "text/event-stream ;charset=utf-8",
    "text/event-stream;charset=windows-1252",
    "text/event-stream;charset=utf-8;charset=ascii; x",
    'text/event-stream; a="b,text/html"',
    'text/event-stream; a="b\\",text/html"',
    "text/html, text/event-stream",
    "text/event-stream, nonsense",
    "text/event-stream, */*",
    "text/event-stream,",
  ])("returns true for %j", (type) => {
    expect(isEventStream(type)).toBe(true);
  });

  it.each([
    null,
    "",
    "text/event-stream-2",
    "text/event-strea",
    "text/ event-stream",
    "text /event-stream",
    "text/event stream",
    "text/event-stream charset=utf-8",
    "text/event-stream\u00a0",
    "xtext/event-stream",
    "text/x-bogus",
    "event-stream",
    "text/event-stream, text/html",
    'text/html; a=",text/event-stream',
    'te"xt/event-stream',
    "application/json; type=text/event-stream",
  ])("returns false for %j", (type) => {
    expect(isEventStream(type)).toBe(false);
  });
});
