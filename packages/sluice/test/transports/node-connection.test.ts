import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { NodeResponse, SourceContext } from "../../src/index.ts";
import { Site } from "../support/site.ts";
import { valuesThenSilence } from "../support/sources.ts";
import { until } from "../support/until.ts";

describe("a connection of HTTP/1.1", () => {
  const finite = async function* () {
    yield "one";
    yield "two";
  };

  it("can be used again after a stream has ended, and keeps nothing of it", async () => {
    await using site = await Site.open();
    const listeners: number[] = [];
    site.source = finite;
    const client = site.ask();
    for (let i = 0; i < 20; i++) {
      await until("the body has ended", () => client.responses[i]?.complete === true);
      const socket = [...site.sockets][0] as Socket;
      listeners.push(socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0));
      client.send();
    }
    for (const { headers, stream } of client.responses.slice(0, 20)) {
      expect(headers.connection).toBe("keep-alive");
      expect(stream.events.map(({ data }) => data)).toEqual(["one", "two"]);
    }
    expect(site.sockets.size).toBe(1);
    expect(new Set(listeners.slice(1)).size).toBe(1);
    expect(site.reasons.slice(0, 20)).toEqual(Array(20).fill("source-ended"));
  });

  it("answers a plain request that was pipelined behind a stream when the stream has ended", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const { answer } = site;
    site.answer = (request, response) =>
      request.url === "/plain" ? void (response as NodeResponse).end("plain") : answer(request, response);
    const client = site.ask({ keep: true }).send({ path: "/plain" });
    await until("it is live", () => channel.stats().live === 1);
    await channel.publish("n", "x".repeat(100));
    await until("the event has come", () => client.stream.bytes > 100);
    expect(client.responses).toHaveLength(1);
    site.sluice.disconnect(() => true);
    await until("the other is answered", () => client.responses[1]?.complete === true);
    expect(client.responses[0]?.complete).toBe(true);
    expect(client.responses[1]?.stream.body.toString()).toBe("plain");
  });

  it("answers a stream that was pipelined behind another, with all that was published meanwhile", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const client = site.ask().send();
    await until("both are open", () => channel.stats().subscribers === 2);
    for (let i = 0; i < 200; i++) await channel.publish("n", i);
    await until("the first has it all", () => client.stream.events.length === 200);
    expect(client.responses).toHaveLength(1);
    const [first] = site.sluice.connections();
    site.sluice.disconnect({ id: first!.id });
    await until("the second has it all", () => client.responses[1]?.stream.events.length === 200);
    await channel.publish("n", 200);
    await until("it is alive", () => client.responses[1]?.stream.events.length === 201);
    expect(client.responses[1]?.stream.data).toEqual(Array.from({ length: 201 }, (_, i) => i));
  });

  it("that goes before stream() is called for what was pipelined on it opens nothing", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const { answer } = site;
    let late = () => {};
    site.answer = (request, response) => {
      if (request.url === "/late") late = () => answer(request, response);
      else answer(request, response);
    };
    const waits = late;
    const client = site.ask().send({ path: "/late" });
    await until("the second is asked for", () => late !== waits);
    client.close();
    await until("the first has gone", () => site.reasons.length === 1);
    late();
    await until("the second is over", () => site.reasons.length === 2);
    expect(site.reasons).toEqual(["client", "client"]);
    expect(channel.stats().subscribers).toBe(0);
  });

  it("can be left while streams are pipelined on it", async () => {
    await using site = await Site.open();
    const signals: AbortSignal[] = [];
    site.source = (context: SourceContext) => {
      signals.push(context.signal);
      return valuesThenSilence(1)(context);
    };
    const client = site.ask().send().send();
    await until("all are open", () => site.sluice.connections().length === 3);
    client.close();
    await until("all have ended", () => site.reasons.length === 3);
    expect(site.reasons).toEqual(["client", "client", "client"]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(site.sluice.connections()).toEqual([]);
    expect(site.errors).toEqual([]);
  });
});
