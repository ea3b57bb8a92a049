/** Clients that read the events of `client/event-server.mjs`, parse their JSON and add up one field. */
import { EventSource } from "eventsource";
import { createParser } from "eventsource-parser";
import { openEventStream } from "sluice/client";
import { answerCalls } from "../processes/answer-calls.mjs";

/** @type {Record<string, (url: string) => Promise<number>>} */
const clients = {
  sluice: (url) =>
    new Promise((resolve) => {
      let sum = 0;
      const stream = openEventStream(url);
      stream.on("placed", ({ quantity }) => {
        sum += quantity;
      });
      stream.on("end", () => {
        void stream.close();
        resolve(sum);
      });
    }),
  eventsource: (url) =>
    new Promise((resolve) => {
      let sum = 0;
      const source = new EventSource(url);
      source.addEventListener("placed", ({ data }) => {
        sum += JSON.parse(data).quantity;
      });
      source.addEventListener("end", () => {
        source.close();
        resolve(sum);
      });
    }),
  "a loop": async (url) => {
    let sum = 0;
    let isOver = false;
    const parser = createParser({
      onEvent({ event, data }) {
        if (event === "end") isOver = true;
        else sum += JSON.parse(data).quantity;
      },
    });
    const controller = new AbortController();
    const { body } = await fetch(url, { signal: controller.signal });
    const decoder = new TextDecoder();
    for await (const bytes of body) {
      parser.feed(decoder.decode(bytes, { stream: true }));
      if (isOver) break;
    }
    controller.abort();
    return sum;
  },
};

answerCalls({
  /** Reads all events of a URL with one client. Resolves to the CPU time in ms, the sum, and the heap in bytes. */
  async read({ name, url }) {
    const before = process.cpuUsage();
    const sum = await clients[name](url);
    const { user, system } = process.cpuUsage(before);
    globalThis.gc();
    return { cpu: (user + system) / 1_000, sum, heap: process.memoryUsage().heapUsed };
  },
});
