import { afterEach, expect, it, vi } from "vitest";
import { placePosition } from "../../../../src/client/stream/attempt/place-position.ts";

afterEach(() => void vi.unstubAllGlobals());

/** Returns the URL of a request from a page of another origin, whose header has no position. */
function placed(address: string, lastEventId: string): string {
  vi.stubGlobal("location", { origin: "https://app.example" });
  const url = new URL(address);
  expect(placePosition(url, lastEventId)).toBe("");
  return url.href;
}

it.each([
  ["without a query", "https://a.example/s", "https://a.example/s?lastEventId=7"],
  ["with an empty query and a hash", "https://a.example/s?#top", "https://a.example/s?lastEventId=7#top"],
  [
    "with a query that the URL standard would encode otherwise",
    "https://a.example/s?q=a%20b&flag&s=(~)*'#top",
    "https://a.example/s?q=a%20b&flag&s=(~)*%27&lastEventId=7#top",
  ],
  ["with an older position", "https://a.example/s?lastEventId=6&b=1", "https://a.example/s?lastEventId=7&b=1"],
  [
    "with a parameter that contains its name",
    "https://a.example/s?next=/?lastEventId=6",
    "https://a.example/s?next=/?lastEventId=6&lastEventId=7",
  ],
])("adds the position to a URL %s, and leaves the rest as it is", (_, url, expected) => {
  expect(placed(url, "7")).toBe(expected);
});

it("encodes the position in a query", () => {
  expect(placed("https://a.example/", "a b&c=d+e#ü")).toBe("https://a.example/?lastEventId=a+b%26c%3Dd%2Be%23%C3%BC");
});

it("leaves the position to the header within the origin and outside of pages, unless no header can carry it", () => {
  const url = new URL("https://a.example/s");
  expect(placePosition(url, "7")).toBe("7");
  vi.stubGlobal("location", { origin: "https://a.example" });
  expect(placePosition(url, "\u00fc")).toBe("\u00fc");
  expect(url.href).toBe("https://a.example/s");
  expect(placePosition(url, "a\tb")).toBe("");
  expect(url.href).toBe("https://a.example/s?lastEventId=a%09b");
});

it("adds nothing without a position", () => {
  vi.stubGlobal("location", { origin: "https://app.example" });
  const url = new URL("https://a.example/s?lastEventId=6");
  expect(placePosition(url, "")).toBe("");
  expect(url.href).toBe("https://a.example/s?lastEventId=6");
});
