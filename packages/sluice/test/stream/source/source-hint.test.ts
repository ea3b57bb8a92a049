import { EventEmitter } from "node:events";
import { Observable } from "rxjs";
import { describe, expect, it } from "vitest";
import { createSluice } from "../../../src/index.ts";

const sluice = createSluice({ onError: () => undefined });
const orders = sluice.channel("orders");
const jobs = sluice.jobs("exports");
const request = new Request("http://desk.example");

const GUESSES: [string, () => unknown, string][] = [
  ["a channel", () => orders, "pass `channel.subscribe()`"],
  ["jobs", () => jobs, "`jobs.progress(id)`"],
  ["a started job", () => jobs.start(() => 1), "`jobs.progress(job.id)`"],
  ["a promise", () => Promise.resolve(orders.subscribe()), "Await the promise"],
  ["an Observable", () => new Observable(), "eachValueFrom()"],
  ["an EventEmitter", () => new EventEmitter(), "`on` of node:events"],
  ["an EventTarget", () => new EventTarget(), "`on` of node:events"],
  ["a response", () => new Response("text"), "Pass its `body`"],
  ["a text", () => "orders", "`sluice.channel(name).subscribe()`"],
  ["an array", () => [orders.subscribe(), orders.subscribe()], "yield* values"],
  ["an iterator", () => ({ next: () => ({ done: true }) }), "not its iterator"],
  ["nothing", () => undefined, "third argument"],
];

describe("the error of a wrong source says what to pass instead of", () => {
  it.each(GUESSES)("%s", async (_, guess, hint) => {
    await expect(sluice.response(request, guess() as never)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(hint),
    });
  });

  it("a channel, in stream() and in what a source function returns", async () => {
    const reports: unknown[] = [];
    const reporting = createSluice({ onError: (error) => reports.push(error) });
    const streamed = reporting.stream({ headers: {} } as never, { writeHead() {} } as never, orders as never);
    await expect(streamed).rejects.toThrow("`channel.subscribe()`");
    const { status } = await reporting.response(request, (() => orders) as never);
    expect(status).toBe(500);
    const hinted = expect.objectContaining({ message: expect.stringContaining("`channel.subscribe()`") });
    expect(reports).toEqual([hinted, hinted]);
  });

  it("an object whose getters throw: no hint", async () => {
    const hostile = new Proxy({}, { get: (_, name) => (name === "constructor" ? Object : fail(name)) });
    const fail = (name: PropertyKey): never => {
      throw new Error(String(name));
    };
    await expect(sluice.response(request, hostile as never)).rejects.toBeInstanceOf(Error);
  });

  it("a subscription that is passed in place of the options", async () => {
    const twice = sluice.response(request, orders.subscribe(), orders.subscribe() as never);
    await expect(twice).rejects.toThrow("`stream options` must be an object, but is an object (Subscription)");
  });
});
