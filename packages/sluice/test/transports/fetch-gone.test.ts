import { expect, test } from "vitest";
import { createSluice } from "../../src/index.ts";

test.each([
  ["at once", (abort: () => void): unknown => abort()],
  [
    "and waits",
    async (abort: () => void) => {
      abort();
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  ],
] as const)("a Fetch request that ends while its source is being opened, %s, leaves nothing", async (_, end) => {
  await using sluice = createSluice({ maxConnections: 1 });
  const channel = sluice.channel("news");
  // What streams consist of is loaded, so that the next one is opened in the call.
  await channel.position();
  await (await sluice.response(new Request("http://x/"), () => null)).text();
  const controller = new AbortController();
  const request = new Request("http://x/", { signal: controller.signal });
  const reasons: string[] = [];
  const source = () => {
    const ended = end(() => controller.abort());
    return ended instanceof Promise ? ended.then(() => channel.subscribe()) : channel.subscribe();
  };
  const response = await sluice.response(request, source, { onClose: (reason) => void reasons.push(reason) });
  expect(response.status).toBe(499);
  await expect.poll(() => reasons).toEqual(["client"]);
  expect(sluice.stats().streams).toBe(0);
  const next = await sluice.response(new Request("http://x/"), channel.subscribe());
  expect(next.status).toBe(200);
  await next.body?.cancel();
});
