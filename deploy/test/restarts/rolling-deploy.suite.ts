import { describe, expect, it } from "vitest";
import { HAPROXY, NGINX } from "../support/proxies/proxies.ts";
import { rollingDeploy } from "../support/rolling/rolling-deploy.ts";

/** `npm run bench -- deploy` sets it to 5,000. */
const CLIENTS = Number(process.env.DEPLOY_CLIENTS ?? 200);
const BUCKET_MS = 500;
/** If all clients reconnected at once, one bucket would have all of them. */
const LARGEST_SHARE = 0.7;

/** Returns the numbers of reconnects in each half second. */
function histogram(times: readonly number[]): number[] {
  const buckets = Array.from({ length: Math.floor(Math.max(0, ...times) / BUCKET_MS) + 1 }, () => 0);
  for (const ms of times) buckets[Math.floor(ms / BUCKET_MS)]!++;
  return buckets;
}

describe.each([HAPROXY, NGINX])("a rolling deploy of two processes behind $name", (kind) => {
  it(`spreads ${CLIENTS} clients: no client misses an event or sees an error page`, { timeout: 300_000 }, async () => {
    const deploy = await rollingDeploy(kind, CLIENTS);
    const { restarts, allBackMs, cpu, published, missed, repeated, gaps, errorPages } = deploy;
    console.log(
      `${kind.name}, ${CLIENTS} clients, ${published} events: missed ${missed}, repeated ${repeated}, gaps ${gaps}, ` +
        `error pages ${errorPages.length}; CPU peak in percent of one processor: servers ${cpu.servers.toFixed(0)}, ` +
        `proxy ${cpu.proxy.toFixed(0)}`,
    );
    restarts.forEach((times, index) => {
      const bars = histogram(times).map((count, i) => `  ${((i * BUCKET_MS) / 1_000).toFixed(1)} s  ${count}`);
      const back = (allBackMs[index]! / 1_000).toFixed(1);
      console.log(
        `restart ${index + 1}: all back after ${back} s; reconnects by time from SIGTERM:\n${bars.join("\n")}`,
      );
    });
    expect({ missed, repeated, gaps, errorPages }).toEqual({ missed: 0, repeated: 0, gaps: 0, errorPages: [] });
    for (const times of restarts) {
      expect(times.length).toBeGreaterThan(0);
      expect(Math.max(...histogram(times)) / times.length).toBeLessThan(LARGEST_SHARE);
    }
  });
});
