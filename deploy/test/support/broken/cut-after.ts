import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { until } from "../../../../packages/sluice/test/support/until.ts";
import { StreamClient } from "../clients/stream-client.ts";
import { ProxiedDesk, QUIET_STREAM } from "../desks/proxied-desk.ts";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";
import { BrokenSite, startSilentServer } from "./broken-proxy.ts";

/** The time by which a time-out may be late, in ms. */
const TOLERANCE_MS = 10_000;
/** Time between two events of a live stream, in ms. */
const PACE_MS = 1_000;

/**
 * Checks that a file of deploy/ cuts a silent stream after `timeoutMs`, but no stream of the desk, which sends a
 * heartbeat every 15 s. Resolves to the time that the silent stream lasted, in ms.
 */
export async function expectCutAfter(proxy: ProxyKind, file: string, timeoutMs: number): Promise<number> {
  await using silent = await startSilentServer();
  await using desk = await ProxiedDesk.start({ compress: false });
  await using before = await ProxyProcess.start(proxy, { desks: [silent.port, silent.port], file });
  await using beforeDesk = await ProxyProcess.start(proxy, { desks: [desk.port, desk.port], file });
  using cut = await StreamClient.open(before, { path: "/" });
  using kept = await StreamClient.open(beforeDesk, { path: QUIET_STREAM, headers: desk.headers });
  await wait(timeoutMs + TOLERANCE_MS);
  expect(cut.hasEnded).toBe(true);
  expect(kept.hasEnded).toBe(false);
  const age = cut.endedAt! - cut.requestedAt;
  expect(age).toBeGreaterThan(timeoutMs * 0.9);
  return age;
}

/**
 * Checks that a file of deploy/ cuts a stream at the age of `timeoutMs`, although events flow. Resolves to its age at
 * the cut, in ms.
 */
export async function expectLiveCutAfter(proxy: ProxyKind, file: string, timeoutMs: number): Promise<number> {
  await using site = await BrokenSite.start(proxy, file);
  using client = site.request();
  const publishing = setInterval(() => void site.desk.publish(), PACE_MS);
  await until("the stream ends", () => client.hasEnded, 2 * timeoutMs).finally(() => clearInterval(publishing));
  expect(client.events.length).toBeGreaterThan(0);
  const age = client.endedAt! - client.requestedAt;
  expect(age).toBeGreaterThan(timeoutMs * 0.9);
  return age;
}
