import { describe, expect, it } from "vitest";
import { NATS_SERVER, startNats } from "../../../../../packages/sluice/test/support/stores/nats-server.ts";
import { DURABLE, REDIS_SERVER, startRedis } from "../../../../../packages/sluice/test/support/stores/redis-server.ts";
import type { LogChoice } from "../../../server/log/log-choice.ts";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const SECRET = "one secret for all starts of the desk";

interface Kept {
  orders: { orderId: string; customerName: string }[];
  position: string;
}

async function namesOf(ada: ApiClient): Promise<string[]> {
  const { orders } = await ada.json<Kept>("GET", "/api/orders");
  return orders.map(({ customerName }) => customerName);
}

describe("on LMDB", () => {
  it("keeps orders, notifications, positions and order numbers across a restart", async () => {
    const log: LogChoice = { kind: "lmdb", path: await temporaryFolder() };
    const first = await startDesk({ log, jwtSecret: SECRET });
    const ada = await ApiClient.signIn(first.url, "ada");
    const stream = await ada.stream("/api/orders/stream/reliable");
    await ada.placeOrder("Seen");
    const { id } = await stream.next("orders");
    const missed = await ada.placeOrder("Missed");
    await ada.json("POST", "/api/notifications", { userId: "ada", text: "Kept" });
    await ada.json("POST", "/api/generator", { running: false, perSecond: 7 });
    await first.close();

    const second = await startDesk({ log, jwtSecret: SECRET });
    const again = new ApiClient(second.url, ada.token);
    expect(await namesOf(again)).toEqual(["Seen", "Missed"]);
    const resumed = await again.stream("/api/orders/stream/reliable", { "last-event-id": id });
    const placed = await again.placeOrder("After");
    expect((await resumed.next("orders")).data.customerName).toBe("Missed");
    expect((await resumed.next("orders")).data.customerName).toBe("After");
    expect(resumed.events.map(({ type }) => type)).not.toContain("gap");
    expect(Number(placed.orderId)).toBeGreaterThan(Number(missed.orderId));
    const inbox = await again.stream("/api/notifications/stream");
    expect((await inbox.next("notification")).data.text).toBe("Kept");
    await expect.poll(() => second.desk.generator.state).toEqual({ running: false, perSecond: 7 });
  });

  it("publishes the state ok again after a restart, though the last start published draining", async () => {
    const log: LogChoice = { kind: "lmdb", path: await temporaryFolder() };
    const first = await startDesk({ log });
    await first.desk.drain(100);
    await first.close();
    const { url } = await startDesk({ log });
    const ada = await ApiClient.signIn(url, "ada");
    await (await ada.stream("/api/dashboard/stream")).next("metric");
    const stream = await ada.stream("/api/dashboard/stream");
    await stream.next("metric");
    const states = stream.events.filter(({ type }) => type === "status").map(({ data }) => data);
    expect(states).toContainEqual(expect.objectContaining({ component: "server", state: "ok" }));
  });

  it("knows an export of an earlier start, and answers 410 for its file", async () => {
    const log: LogChoice = { kind: "lmdb", path: await temporaryFolder() };
    const first = await startDesk({ log, jwtSecret: SECRET });
    const ada = await ApiClient.signIn(first.url, "ada");
    await ada.placeOrder("One");
    const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
    await (await ada.stream(`/api/exports/${jobId}/progress`)).next("completed");
    await first.close();
    const second = await startDesk({ log, jwtSecret: SECRET });
    const again = new ApiClient(second.url, ada.token);
    expect(await again.json("GET", `/api/exports/${jobId}`)).toEqual({ state: "finished" });
    expect((await again.fetch("GET", `/api/exports/${jobId}/download`)).status).toBe(410);
  });

  it("lets one of several desks place the generated orders, and another when that desk closes", async () => {
    const log: LogChoice = { kind: "lmdb", path: await temporaryFolder() };
    const desks = await Promise.all([startDesk({ log }), startDesk({ log }), startDesk({ log })]);
    const arePlacing = () => desks.map(({ desk }) => desk.generator.isPlacing);
    const ada = await ApiClient.signIn(desks[1]!.url, "ada");
    await ada.json("POST", "/api/generator", { running: true, perSecond: 20 });
    // At first several may place orders, until each desk has received the reports of the others.
    await expect.poll(() => arePlacing().filter(Boolean).length).toBe(1);
    const orders = await ada.stream("/api/orders/stream");
    await orders.next("orders");
    const first = arePlacing().indexOf(true);
    await desks[first]!.close();
    desks.splice(first, 1);
    await expect.poll(() => arePlacing().filter(Boolean).length).toBe(1);
    const ben = await ApiClient.signIn(desks[0]!.url, "ben");
    await (await ben.stream("/api/orders/stream")).next("orders");
    await ben.json("POST", "/api/generator", { running: false });
    await expect.poll(arePlacing).toEqual([false, false]);
  });
});

const SERVERS = [
  { name: "Redis", path: REDIS_SERVER, kind: "redis", start: () => startRedis(DURABLE) },
  { name: "NATS", path: NATS_SERVER, kind: "nats", start: () => startNats() },
] as const;

for (const { name, path, kind, start } of SERVERS) {
  describe.skipIf(path === undefined)(`on ${name}`, () => {
    function choiceOf(url: string): LogChoice {
      return kind === "redis" ? { kind, url } : { kind, servers: [url] };
    }

    it("shares orders, streams and order numbers between two desks", async () => {
      await using server = await start();
      const log = choiceOf(server.url);
      const [one, other] = await Promise.all([startDesk({ log }), startDesk({ log })]);
      const [ada, ben] = [await ApiClient.signIn(one.url, "ada"), await ApiClient.signIn(other.url, "ben")];
      const stream = await ben.stream("/api/orders/stream/reliable");
      const { orderId } = await ada.placeOrder("Shared");
      expect((await stream.next("orders")).data).toMatchObject({ orderId, customerName: "Shared" });
      expect((await ben.placeOrder("Back")).orderId).not.toBe(orderId);
      expect(await namesOf(ada)).toEqual(["Shared", "Back"]);
      await one.close();
      await other.close();
    });

    it("is not ready and refuses orders while the log is down, and its streams continue afterwards", async () => {
      await using server = await start();
      const { url, close } = await startDesk({ log: choiceOf(server.url) });
      const ada = await ApiClient.signIn(url, "ada");
      const stream = await ada.stream("/api/orders/stream/reliable");
      await ada.placeOrder("Before");
      const { id } = await stream.next("orders");
      await server.kill("SIGTERM");

      await expect.poll(async () => (await ada.fetch("GET", "/health/ready")).status).toBe(503);
      expect(await ada.json("GET", "/health/ready")).toMatchObject({ status: "no-log" });
      expect((await ada.fetch("GET", "/health/live")).status).toBe(200);
      const refused = await ada.fetch("POST", "/api/orders", { customerName: "Meanwhile", amount: 1 });
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
      expect(await refused.json()).toMatchObject({
        message: expect.stringContaining("log of this desk does not answer"),
      });

      await server.start();
      await expect.poll(async () => (await ada.fetch("GET", "/health/ready")).status).toBe(200);
      await ada.placeOrder("After");
      const resumed = await ada.stream("/api/orders/stream/reliable", { "last-event-id": id });
      for (const one of [stream, resumed]) {
        let data: { customerName: string };
        // The log may have stored the refused order, as the 503 response says.
        do data = (await one.next("orders")).data;
        while (data.customerName === "Meanwhile");
        expect(data.customerName).toBe("After");
        expect(one.events.map(({ type }) => type)).not.toContain("gap");
      }
      await close();
    });
  });
}
