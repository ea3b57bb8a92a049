import { setTimeout as wait } from "node:timers/promises";
import { type Address, type Protocol, StreamClient } from "../clients/stream-client.ts";
import { type ProxiedDesk, STREAM } from "../desks/proxied-desk.ts";
import { eventually } from "../eventually.ts";

const EVENTS = 200;
const PACE_MS = 10;

/** Times from publish to receive, in ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Measures the same 200 events with a direct client of the desk, over HTTP/1.1, and a client behind the proxy. */
export async function addedLatency(
  desk: ProxiedDesk,
  proxy: Address,
  protocol: Protocol,
): Promise<{ direct: Latency; proxied: Latency }> {
  const { headers } = desk;
  using direct = await StreamClient.open({ port: desk.port, tlsPort: 0 }, { path: STREAM, headers });
  using proxied = await StreamClient.open(proxy, { path: STREAM, headers, protocol });
  await wait(PACE_MS);
  const first = desk.published + 1;
  const times = new Map<number, number>();
  for (let i = 0; i < EVENTS; i++) {
    await wait(PACE_MS);
    times.set(first + i, performance.now());
    await desk.publish();
  }
  const last = desk.published;
  for (const client of [direct, proxied])
    await eventually("all events have arrived", () => client.events.at(-1)?.data.n >= last);
  const latencyOf = ({ events }: StreamClient) => {
    const ms = events.filter(({ data }) => times.has(data.n)).map(({ data, at }) => at - times.get(data.n)!);
    const sorted = ms.toSorted((a, b) => a - b);
    return { p50: sorted[EVENTS / 2]!, p99: sorted[Math.floor(EVENTS * 0.99)]! };
  };
  return { direct: latencyOf(direct), proxied: latencyOf(proxied) };
}
