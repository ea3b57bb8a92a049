import { afterEach, expect, it, vi } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

afterEach(() => void vi.useRealTimers());

const STREAM = "/api/orders/stream/reliable";
const HOUR = 3_600_000;

it.each([
  ["back", -HOUR],
  ["forward", HOUR],
])("a session ends in time although the wall clock is set %s", async (_direction, step) => {
  const { url, desk } = await startDesk({ tokenLifetime: 1_000 });
  const ada = await ApiClient.signIn(url, "ada");
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const stream = await ada.stream(STREAM);
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(Date.now() + step);
  await stream.ended;
  expect(desk.sluice.stats().closed.expired).toBe(1);
  await expect.poll(async () => (await ada.fetch("GET", "/api/session")).status).toBe(401);
  expect((await new ApiClient(url, "").stream(`${STREAM}?ticket=${ticket}`)).response.status).toBe(401);
});

it("a stream and a ticket get no more time because the wall clock was set back before", async () => {
  const { url, desk } = await startDesk({ tokenLifetime: 2_000 });
  const ada = await ApiClient.signIn(url, "ada");
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(Date.now() - HOUR);
  const stream = await ada.stream(STREAM);
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const byTicket = await new ApiClient(url, "").stream(`${STREAM}?ticket=${ticket}`);
  await Promise.all([stream.ended, byTicket.ended]);
  expect(desk.sluice.stats().closed.expired).toBe(2);
});
