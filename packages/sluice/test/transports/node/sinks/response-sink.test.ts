import { describe, expect, it } from "vitest";
import { readGzip } from "../../../support/clients/received-stream.ts";
import { Site } from "../../../support/site.ts";
import { until } from "../../../support/until.ts";
import { compressing } from "../../support/middlewares.ts";

describe("a stream behind a compression middleware", () => {
  it("arrives event by event", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const { answer } = site;
    site.answer = (request, response) => {
      compressing(response);
      answer(request, response);
    };
    const client = await site.get({ keep: true });
    expect(client.response.headers).toMatchObject({ "content-encoding": "gzip" });
    await until("the first block has arrived", () => readGzip(client.stream.body).retries.length === 1);
    for (let i = 0; i < 5; i++) {
      await channel.publish("n", i);
      await until("the event has arrived", () => readGzip(client.stream.body).events.length === i + 1);
    }
    client.close();
    await until("the stream has ended", () => site.reasons.length > 0);
    expect(site.reasons).toEqual(["client"]);
  });
});
