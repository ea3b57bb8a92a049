import { expect } from "vitest";
import { StreamClient } from "../clients/stream-client.ts";
import { eventually } from "../eventually.ts";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";
import { startEndingServer } from "./broken-proxy.ts";

/** Checks that with a file of deploy/ a second client receives the ended stream of the first client again. */
export async function expectEndedStreamAgain(proxy: ProxyKind, file: string): Promise<void> {
  await using server = await startEndingServer();
  await using running = await ProxyProcess.start(proxy, { desks: [server.port, server.port], file });
  const receive = async () => {
    using client = new StreamClient(running, { path: "/" });
    await eventually("the stream ends", () => client.hasEnded);
    expect(client.status).toBe(200);
    return { numbers: client.events.map(({ data }) => data.n), age: client.headers.age };
  };
  const first = await receive();
  expect(first).toEqual({ numbers: [1], age: undefined });
  const second = await receive();
  expect(second.numbers).toEqual([1]);
  expect(second.age).toBeDefined();
}
