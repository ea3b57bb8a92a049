import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("places orders through the API until it is switched off, and refuses a rate above 100", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const stream = await ada.stream("/api/orders/stream/reliable");
  expect(await ada.json("POST", "/api/generator", { running: true, perSecond: 50 })).toEqual({
    running: true,
    perSecond: 50,
  });
  for (let n = 1; n <= 10; n++) expect((await stream.next("orders")).data.orderId).toBe(String(1_000 + n));
  await ada.json("POST", "/api/generator", { running: false });
  expect(desk.generator.state).toEqual({ running: false, perSecond: 50 });
  expect((await ada.fetch("POST", "/api/generator", { running: true, perSecond: 1_000 })).status).toBe(400);
});
