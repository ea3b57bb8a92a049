import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { NodeResponse, SourceContext } from "../../../src/index.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource, valuesThenSilence } from "../../support/sources.ts";
import type { AnyResponse } from "../../support/test-server.ts";
import { until } from "../../support/until.ts";

describe("a connection of HTTP/1.1", () => {
  const finite = async function* () {
    yield "one";
    yield "two";
  };

  it("is reused after a stream has ended, and keeps no listener of it", async () => {
    await using site = await Site.open();
    const listeners: number[] = [];
    site.source = finite;
    const client = site.request();
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

  it("answers a plain request that was pipelined behind a stream once the stream has ended", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const { answer } = site;
    site.answer = (request, response) =>
      request.url === "/plain" ? void (response as NodeResponse).end("plain") : answer(request, response);
    const client = site.request({ keep: true }).send({ path: "/plain" });
    await until("the stream is live", () => channel.stats().live === 1);
    await channel.publish("n", "x".repeat(100));
    await until("the event has arrived", () => client.stream.bytes > 100);
    expect(client.responses).toHaveLength(1);
    site.sluice.disconnect(() => true);
    await until("the plain request is answered", () => client.responses[1]?.complete === true);
    expect(client.responses[0]?.complete).toBe(true);
    expect(client.responses[1]?.stream.body.toString()).toBe("plain");
  });

  it("sends a stream that was pipelined behind another every event published meanwhile", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const client = site.request().send();
    await until("both are open", () => channel.stats().subscribers === 2);
    for (let i = 0; i < 200; i++) await channel.publish("n", i);
    await until("the first has all events", () => client.stream.events.length === 200);
    expect(client.responses).toHaveLength(1);
    const [first] = site.sluice.connections();
    site.sluice.disconnect({ id: first!.id });
    await until("the second has all events", () => client.responses[1]?.stream.events.length === 200);
    await channel.publish("n", 200);
    await until("the second receives new events", () => client.responses[1]?.stream.events.length === 201);
    expect(client.responses[1]?.stream.data).toEqual(Array.from({ length: 201 }, (_, i) => i));
  });

  it("opens nothing for a pipelined request if it closes before stream() is called for it", async () => {
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
    const client = site.request().send({ path: "/late" });
    await until("the second request has arrived", () => late !== waits);
    client.close();
    await until("the first has ended", () => site.reasons.length === 1);
    late();
    await until("the second has ended", () => site.reasons.length === 2);
    expect(site.reasons).toEqual(["client", "client"]);
    expect(channel.stats().subscribers).toBe(0);
  });

  it("ends all streams that are pipelined on it when its client leaves", async () => {
    await using site = await Site.open();
    const signals: AbortSignal[] = [];
    site.source = (context: SourceContext) => {
      signals.push(context.signal);
      return valuesThenSilence(1)(context);
    };
    const client = site.request().send().send();
    await until("all are open", () => site.sluice.connections().length === 3);
    client.close();
    await until("all have ended", () => site.reasons.length === 3);
    expect(site.reasons).toEqual(["client", "client", "client"]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(site.sluice.connections()).toEqual([]);
    expect(site.errors).toEqual([]);
  });

  it("reveals that the client of a POST has half-closed it, although the request's body was read", async () => {
    await using site = await Site.open({ heartbeat: 100 });
    const source = new ParkedSource();
    site.source = source;
    site.options = { methods: ["POST"] };
    const { answer } = site;
    site.answer = (request, response) => {
      request.resume().on("end", () => answer(request, response));
    };
    const client = site.request({ method: "POST", headers: { "content-length": "0" } });
    await until("the stream is open", () => client.hasHead);
    client.halfClose();
    await until("the stream has ended", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
    expect(source.returned).toBe(1);
  });

  it("ends as disconnected if the server's own code ends the response, and the connection stays sound", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const responses: AnyResponse[] = [];
    const { answer } = site;
    site.answer = (request, response) => {
      responses.push(response);
      answer(request, response);
    };
    const client = await site.get();
    await until("the stream is open", () => client.stream.retries.length > 0);
    (responses[0] as ServerResponse).end();
    await until("the stream has ended", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["disconnected"]);
    await channel.publish("n", 1);
    client.send();
    await until("the second stream is open", () => client.responses[1]?.stream.retries.length === 1);
    expect(client.responses.map(({ complete, status }) => [complete, status])).toEqual([
      [true, 200],
      [false, 200],
    ]);
    expect(site.errors).toEqual([]);
  });

  it("outlives the server's time limit for idle sockets while its stream has heartbeats", async () => {
    await using site = await Site.open({ heartbeat: 40 });
    site.source = new ParkedSource();
    const { answer } = site;
    site.answer = (request, response) => {
      (response as ServerResponse).setTimeout(200);
      answer(request, response);
    };
    const client = await site.get();
    await until("heartbeats have arrived for longer than the limit", () => client.stream.comments.length > 12);
    expect(site.reasons).toEqual([]);
  });

  it("ends its stream if the client sends text that is not HTTP", async () => {
    await using site = await Site.open();
    site.source = () => new ParkedSource();
    const socket = connect(site.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\nnot HTTP at all\r\n\r\n");
    await until("the stream has ended", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
    socket.destroy();
  });
});
