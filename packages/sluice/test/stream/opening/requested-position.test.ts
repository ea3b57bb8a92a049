import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createSluice, type Gap, type StreamOptions } from "../../../src/index.ts";
import { ReceivedStream } from "../../support/clients/received-stream.ts";
import { Site } from "../../support/site.ts";
import { until } from "../../support/until.ts";

const KEPT = 3;
const TEN_MEGABYTES = 10 * 1024 * 1024;

/** Returns a channel that has trimmed its first events, and its epoch. */
async function newsOf(site: Site) {
  const channel = site.sluice.channel<{ n: number }>("news", { retain: { events: KEPT } });
  site.source = channel.subscribe();
  for (let i = 1; i <= 5; i++) await channel.publish("n", i);
  const position = await channel.position();
  return { channel, position, epoch: position.split("-")[0] as string };
}

/** Reads the first `count` events of a response. */
async function readResponse(
  site: Site,
  request: Request,
  options: StreamOptions,
  count: number,
): Promise<ReceivedStream> {
  const received = new ReceivedStream();
  const response = await site.sluice.response(request, site.source, options);
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  while (received.events.length < count) received.push((await reader.read()).value!);
  await reader.cancel();
  return received;
}

/** Expects a gap, and then every event that is left, each with an ID to resume from. */
function expectGap({ events }: ReceivedStream, reason: Gap["reason"], lastEventId: string, epoch: string): void {
  expect(events.map(({ type }) => type)).toEqual(["gap", "n", "n", "n"]);
  expect(JSON.parse(events[0]!.data)).toEqual({
    reason,
    lastEventId: lastEventId.slice(0, 128),
    resumesAfter: `${epoch}-2`,
  });
  expect(events.map(({ lastEventId: id }) => id)).toEqual([2, 3, 4, 5].map((offset) => `${epoch}-${offset}`));
  expect(events.slice(1).map(({ data }) => data)).toEqual(["3", "4", "5"]);
}

/** IDs from which a stream cannot resume. `EPOCH` stands for the log's epoch. */
const UNUSABLE: [description: string, id: string, reason: Gap["reason"]][] = [
  ["from the future", "EPOCH-6", "future"],
  ["from the far future", "EPOCH-9007199254740991", "future"],
  ["trimmed", "EPOCH-1", "trimmed"],
  ["from the beginning, which is trimmed", "EPOCH-0", "trimmed"],
  ["of another epoch", "0000000000-2", "other-epoch"],
  ["negative", "EPOCH--3", "unparsable"],
  ["a float", "EPOCH-3.5", "unparsable"],
  ["with an exponent", "EPOCH-3e0", "unparsable"],
  ["with a leading zero", "EPOCH-03", "unparsable"],
  ["hexadecimal", "EPOCH-0x3", "unparsable"],
  ["too large for a number", "EPOCH-99999999999999999999", "unparsable"],
  ["without a number", "EPOCH-", "unparsable"],
  ["a text", "hello, world", "unknown"],
  ["a number alone", "3", "unknown"],
  ["a name of every object", "constructor", "unknown"],
  ["another name of every object", "__proto__", "unknown"],
  ["in letters beyond ASCII", "žluťoučký kůň 🐎", "unknown"],
  ["of 513 characters", "x".repeat(513), "unparsable"],
];

describe("a last event ID", () => {
  it.each(UNUSABLE)("that is %s (%j) leads to a gap, by header, query and option", async (_, template, reason) => {
    await using site = await Site.open();
    const { epoch } = await newsOf(site);
    const id = template.replace("EPOCH", epoch);
    const bytes = Buffer.from(id).toString("latin1");
    const query = `/?a=1&lastEventId=${encodeURIComponent(id)}`;

    const byHeader = await site.get({ headers: { "last-event-id": bytes } });
    const byQuery = await site.get({ path: `${query}&b=2` });
    const seen = [
      byHeader.stream,
      byQuery.stream,
      await readResponse(site, new Request("http://localhost/", { headers: { "last-event-id": bytes } }), {}, 4),
      await readResponse(site, new Request(`http://localhost${query}#fragment`), {}, 4),
      await readResponse(site, new Request("http://localhost/"), { lastEventId: id }, 4),
    ];
    for (const stream of seen) {
      await until("all events have arrived", () => stream.events.length >= 4);
      expectGap(stream, reason, id, epoch);
    }
    expect(site.errors).toEqual([]);
    expect(site.sluice.stats().gaps).toBe(seen.length);
  });

  it.each([
    ["NULs", "EPOCH-3\0", "unparsable"],
    ["NULs first", "\0\0\0", "unparsable"],
    ["line ends", "EPOCH-3\r\ndata: injected\n\n", "unparsable"],
    ["escapes", "\x1b[2J", "unparsable"],
    ["lone surrogates", "\ud800", "unknown"],
  ] as const)("with %s, which no header can carry, leads to a gap", async (_, template, reason) => {
    await using site = await Site.open();
    const { epoch } = await newsOf(site);
    const id = template.replace("EPOCH", epoch);
    expectGap(await readResponse(site, new Request("http://localhost/"), { lastEventId: id }, 4), reason, id, epoch);
    if (id === "\ud800") return;
    const byQuery = await site.get({ path: `/?lastEventId=${encodeURIComponent(id)}` });
    await until("all events have arrived", () => byQuery.stream.events.length >= 4);
    expectGap(byQuery.stream, reason, id, epoch);
  });

  it.each([
    ["of nines", "9"],
    ["of prefixes of an ID", "EPOCH-"],
    ["of dashes", "-"],
    ["of letters beyond ASCII", "ž"],
  ])("of 10 MB %s leads to a gap that shows its beginning", async (_, template) => {
    await using site = await Site.open();
    const { epoch } = await newsOf(site);
    const piece = template.replace("EPOCH", epoch);
    const id = piece.repeat(Math.ceil(TEN_MEGABYTES / piece.length));
    const bytes = Buffer.from(id).toString("latin1");
    const requests: [Request, StreamOptions][] = [
      [new Request("http://localhost/", { headers: { "last-event-id": bytes } }), {}],
      [new Request("http://localhost/"), { lastEventId: id }],
    ];
    for (const [request, options] of requests) {
      expectGap(await readResponse(site, request, options, 4), "unparsable", id, epoch);
    }
  });

  it("of 10 MB on the wire leads to a gap, if the server accepts such a header", async () => {
    await using sluice = createSluice();
    const channel = sluice.channel("news");
    for (let n = 1; n <= 3; n++) await channel.publish("n", n);
    const server = createServer({ maxHeaderSize: TEN_MEGABYTES + 65_536 }, (incoming, outgoing) => {
      void sluice.stream(incoming, outgoing, channel.subscribe());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const headers = { "last-event-id": "9".repeat(TEN_MEGABYTES) };
    const client = request({ port, host: "127.0.0.1", headers }).end();
    const [response] = (await once(client, "response")) as [IncomingMessage];
    let text = "";
    response.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    await until("all events have arrived", () => text.includes("data: 3\n"));
    expect(response.statusCode).toBe(200);
    expect(text).toMatch(/\nevent: gap\nid: [0-9a-z]+-0\ndata: \{"reason":"unparsable","lastEventId":"9{1,200}"/);
    expect(text).toMatch(/data: 1\n.*data: 2\n.*data: 3\n/s);
    client.destroy();
    server.close();
  });

  it("is taken from the option first, then from the header, then from the query", async () => {
    await using site = await Site.open();
    const { epoch } = await newsOf(site);
    const path = `/?lastEventId=${epoch}-2`;
    const headers = { "last-event-id": `${epoch}-3` };
    const byQuery = await site.get({ path });
    const byHeader = await site.get({ path, headers });
    site.options = { lastEventId: `${epoch}-4` };
    const byOption = await site.get({ path, headers });
    await until("all events have arrived", () =>
      [byQuery, byHeader, byOption].every(({ stream }) => stream.events.length > 0),
    );
    await until("the client with the query has all events", () => byQuery.stream.events.length === 3);
    expect(byQuery.stream.data).toEqual([3, 4, 5]);
    expect(byHeader.stream.data).toEqual([4, 5]);
    expect(byOption.stream.data).toEqual([5]);
  });

  it.each([
    ["header", { headers: { "last-event-id": "" } }, {}],
    ["query", { path: "/?lastEventId=" }, {}],
    ["option, which overrides the request,", { headers: { "last-event-id": "x-1" } }, { lastEventId: "" }],
  ])("that is empty in the %s counts as none: the subscriber receives new events only", async (_, request, options) => {
    await using site = await Site.open();
    const { channel } = await newsOf(site);
    site.options = options;
    const client = await site.get(request);
    await until("the stream is live", () => channel.stats().live === 1);
    await channel.publish("n", 6);
    await until("the event has arrived", () => client.stream.events.length > 0);
    expect(client.stream.data).toEqual([6]);
  });

  it("in the query is found by its exact name", async () => {
    await using site = await Site.open();
    const { channel } = await newsOf(site);
    const client = await site.get({ path: "/?xlastEventId=1&lasteventid=2&q=lastEventId%3D3" });
    await until("the stream is live", () => channel.stats().live === 1);
    await channel.publish("n", 6);
    await until("the event has arrived", () => client.stream.events.length > 0);
    expect(client.stream.data).toEqual([6]);
  });

  it("of the publisher's own, with letters beyond ASCII, is decoded from UTF-8", async () => {
    await using site = await Site.open();
    const { channel } = await newsOf(site);
    const id = "objednávka-č.7 🐎";
    await channel.publish("n", 6, { id });
    await channel.publish("n", 7);
    const client = await site.get({ headers: { "last-event-id": Buffer.from(id).toString("latin1") } });
    await until("the event has arrived", () => client.stream.events.length > 0);
    expect(client.stream.data).toEqual([7]);
  });

  it("reaches a source function unchanged", async () => {
    await using site = await Site.open();
    const seen: (string | undefined)[] = [];
    site.source = ({ lastEventId }) => {
      seen.push(lastEventId);
      return null;
    };
    await site.get({ headers: { "last-event-id": "anything; goes" } });
    await site.get();
    expect(seen).toEqual(["anything; goes", undefined]);
  });
});
