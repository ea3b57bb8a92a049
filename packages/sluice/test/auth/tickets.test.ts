import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Identity } from "../../src/auth/index.ts";
import { Tickets } from "../../src/auth/tickets.ts";
import { guardedServer, SECRET } from "./guarded-server.ts";

const ada = (lifetime = 3_600_000): Identity => ({ user: "ada", claims: {}, expiresAt: Date.now() + lifetime });

describe("a ticket", () => {
  it("stands for the identity it was issued for, once", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const identity = ada();
    const ticket = server.auth.issueTicket(identity);
    const first = await server.get(`/stream?ticket=${ticket}`);
    expect([first.status, JSON.parse(first.body)]).toEqual([200, identity]);
    expect(await server.get(`/stream?ticket=${ticket}`)).toEqual({
      status: 401,
      challenge: 'Bearer realm="sluice", error="invalid_token"',
      body: "The credential is not valid.",
    });
  });

  it("is used by one of many requests that come at once", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const ticket = server.auth.issueTicket(ada());
    const answers = await Promise.all(Array.from({ length: 10 }, () => server.get(`/?ticket=${ticket}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("is 256 bits that are never the same, and go into a URL as they are", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const tickets = Array.from({ length: 100 }, () => server.auth.issueTicket(ada()));
    expect(new Set(tickets).size).toBe(100);
    for (const ticket of tickets) expect(ticket).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["", "x", "__proto__", "0".repeat(64)])("that was never issued (%j) is not valid", async (ticket) => {
    await using server = await guardedServer({ secret: SECRET });
    server.auth.issueTicket(ada());
    expect((await server.get(`/?ticket=${ticket}`)).status).toBe(401);
  });
});

describe("the kept tickets", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("are void after their time", () => {
    const tickets = new Tickets(30_000, 10);
    const [early, late] = [tickets.issue(ada()), tickets.issue(ada())];
    vi.advanceTimersByTime(29_999);
    expect(tickets.redeem(early).user).toBe("ada");
    vi.advanceTimersByTime(1);
    expect(() => tickets.redeem(late)).toThrow("The credential is not valid.");
  });

  it("are void when the credential they were issued for has ended", () => {
    const tickets = new Tickets(30_000, 10);
    const ticket = tickets.issue(ada(1_000));
    vi.advanceTimersByTime(1_000);
    expect(() => tickets.redeem(ticket)).toThrow("The credential is not valid.");
  });

  it("are never more than their limit: the oldest makes room", () => {
    const tickets = new Tickets(30_000, 3);
    const issued = Array.from({ length: 1_000 }, () => tickets.issue(ada()));
    expect(tickets.size).toBe(3);
    expect(() => tickets.redeem(issued.at(-4) as string)).toThrow();
    for (const ticket of issued.slice(-3)) expect(tickets.redeem(ticket).user).toBe("ada");
    expect(tickets.size).toBe(0);
  });

  it("leave no void one behind when the next is issued", () => {
    const tickets = new Tickets(30_000, 1_000);
    for (let i = 0; i < 100; i++) tickets.issue(ada());
    vi.advanceTimersByTime(30_000);
    tickets.issue(ada());
    expect(tickets.size).toBe(1);
  });
});
