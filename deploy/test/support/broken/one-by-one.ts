import { expect } from "vitest";
import { eventually } from "../eventually.ts";
import type { ProxyKind } from "../proxies/proxy-process.ts";
import { BrokenSite } from "./broken-proxy.ts";

/**
 * Checks that events arrive one by one behind a file of deploy/, compressed if the client accepts gzip. The next event
 * is published when the last event has arrived.
 */
export async function expectOneByOne(
  proxy: ProxyKind,
  file: string,
  { gzip = false, replacedFile = proxy.files[0] } = {},
): Promise<void> {
  await using site = await BrokenSite.start(proxy, file, replacedFile);
  using client = site.request({ gzip });
  await eventually("the stream begins", () => client.firstAt !== undefined);
  expect(client.headers["content-encoding"]).toBe(gzip ? "gzip" : undefined);
  for (let n = 1; n <= 3; n++) {
    await site.desk.publish();
    expect((await client.next("orders")).data).toEqual({ n });
  }
}
