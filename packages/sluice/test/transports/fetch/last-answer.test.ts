import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { Site } from "../../support/site.ts";
import type { AnyResponse } from "../../support/test-server.ts";
import { until } from "../../support/until.ts";

/** Sends a `Response` on a response of Node, as Next.js and its like do. */
async function send(response: Response, to: AnyResponse): Promise<void> {
  (to as ServerResponse).writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) to.end();
  else await pipeline(Readable.fromWeb(response.body as never), to);
}

describe("a framework on Node that sends a Response", () => {
  it.each(["http", "https"])(
    "can close its server after a drain: no %s connection is kept, on which EventSource would meet a 503",
    async (scheme) => {
      await using site = await Site.open();
      const news = site.sluice.channel("news");
      site.answer = async (request, response) => {
        const { connection = "keep-alive" } = request.headers;
        const fetched = new Request(`${scheme}://x/`, { headers: { connection } });
        await send(await site.sluice.response(fetched, news.subscribe()), response);
      };
      const client = await site.get({ keep: true });
      expect(client.response.headers.connection).toBe("close");
      await site.sluice.drain({ pace: 0 });
      await until("the connection has ended", () => client.ended);
      expect(client.response.complete).toBe(true);
    },
  );

  it("receives no header of connections on HTTP/2, since Node would warn", async () => {
    await using site = await Site.open();
    const response = await site.sluice.response(new Request("https://x/"), site.sluice.channel("news").subscribe());
    expect(response.headers.has("connection")).toBe(false);
    await response.body?.cancel();
  });
});
