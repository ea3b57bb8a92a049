import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("hides the message of a server error from the client", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await desk.sluice.close();
  const response = await ada.fetch("POST", "/api/orders", { customerName: "A", amount: 1 });
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    statusCode: 500,
    error: "Internal Server Error",
    message: "An error occurred on the server. It has been logged.",
  });
});
