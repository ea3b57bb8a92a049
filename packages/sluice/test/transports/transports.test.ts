import { expect, it } from "vitest";
import type { RawClient } from "../support/clients/raw-client.ts";
import { holdTransports } from "../support/held-load.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

const never = () => new ParkedSource();

it("a drain waits for requests whose code is still being loaded, and refuses them", async () => {
  using load = holdTransports();
  await using site = await Site.open();
  site.source = never;
  const client = site.request();
  await until("the load has begun", () => load.isAwaited);
  let isDrained = false;
  const drained = site.sluice.drain({ pace: 0 }).then(() => {
    isDrained = true;
  });
  await turns(20);
  expect(isDrained).toBe(false);
  load.release();
  await until("the request is answered", () => client.hasHead);
  expect(client.response).toMatchObject({ status: 503, headers: { "retry-after": expect.anything() } });
  await drained;
  expect(site.reasons).toEqual(["refused"]);
  expect(site.errors).toEqual([]);
});

it("a Sluice that is closed while the code of streams is being loaded refuses the requests", async () => {
  using load = holdTransports();
  await using site = await Site.open();
  site.source = never;
  const client = site.request();
  await until("the load has begun", () => load.isAwaited);
  await site.sluice.close();
  load.release();
  await until("the request is answered", () => client.hasHead);
  expect(client.response.status).toBe(503);
  await until("the end is reported", () => site.reasons.length === 1);
  expect(site.sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
});

it("requests that wait for the load get their streams in the order of their arrival, up to the limit", async () => {
  using load = holdTransports();
  await using site = await Site.open({ maxConnections: 2 });
  site.source = never;
  let asked = 0;
  site.answer = (request, response) => {
    asked++;
    void site.stream(request, response);
  };
  const clients: RawClient[] = [];
  while (clients.length < 3) {
    clients.push(site.request());
    await until("the request waits", () => asked === clients.length);
  }
  load.release();
  await until("all are answered", () => clients.every(({ hasHead }) => hasHead));
  expect(clients.map(({ response }) => response.status)).toEqual([200, 200, 503]);
});

it("misuse is rejected before anything is loaded", async () => {
  using load = holdTransports();
  await using site = await Site.open();
  const misuse = [
    site.sluice.stream({} as never, {} as never, never),
    site.sluice.response(new Request("http://localhost/"), 3 as never),
  ];
  for (const rejected of misuse) await expect(rejected).rejects.toMatchObject({ code: "INVALID_OPTION" });
  expect(load.isAwaited).toBe(false);
});

const MISTAKES: readonly { readonly mistake: string; readonly options: unknown }[] = [
  { mistake: "null", options: null },
  { mistake: "a number", options: 3 },
  { mistake: "a promise that rejects", options: Promise.reject(new Error("no user")) },
  { mistake: "a subscriber without a name", options: { subscriber: { user: "" } } },
  { mistake: "an unknown name", options: { onClosed: () => undefined } },
  { mistake: "a header of two lines", options: { headers: { "x-a": "1\r\n2" } } },
];
// A reader for the promise that waits for its test.
for (const { options } of MISTAKES) if (options instanceof Promise) options.catch(() => undefined);

it.each(MISTAKES)("options of the first request are refused once the code is loaded: $mistake", async ({ options }) => {
  using load = holdTransports();
  await using site = await Site.open();
  const rejected = site.sluice.response(new Request("http://localhost/"), never, options as never);
  const seen = rejected.catch((error: unknown) => error);
  await until("the load has begun", () => load.isAwaited);
  load.release();
  expect(await seen).toMatchObject({ code: "INVALID_OPTION" });
  expect(site.sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
});

it.each(MISTAKES)("a load that fails answers a request with invalid options: $mistake", async ({ options }) => {
  using load = holdTransports();
  await using site = await Site.open();
  const answered = site.sluice.response(new Request("http://localhost/"), never, options as never);
  await until("the load has begun", () => load.isAwaited);
  load.fail(new Error("no such file"));
  expect((await answered).status).toBe(503);
});
