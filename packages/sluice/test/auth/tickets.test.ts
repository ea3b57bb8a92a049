import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Identity } from "../../src/auth/index.ts";
import { Tickets } from "../../src/auth/tickets.ts";
import { guardedServer, SECRET } from "./support/guarded-server.ts";

const ada = (lifetime = 3_600_000): Identity => ({ user: "ada", claims: {}, expiresAt: Date.now() + lifetime });

describe("a ticket", () => {
  it("stands for its identity once", async () => {
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

  it("is accepted for one of several concurrent requests", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const ticket = server.auth.issueTicket(ada());
    const answers = await Promise.all(Array.from({ length: 10 }, () => server.get(`/?ticket=${ticket}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("has 256 random bits, as characters that need no escape in a URL", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const tickets = Array.from({ length: 100 }, () => server.auth.issueTicket(ada()));
    expect(new Set(tickets).size).toBe(100);
    for (const ticket of tickets) expect(ticket).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["", "x", "__proto__", "0".repeat(64)])("that was never issued (%j) is invalid", async (ticket) => {
    await using server = await guardedServer({ secret: SECRET });
    server.auth.issueTicket(ada());
    expect((await server.get(`/?ticket=${ticket}`)).status).toBe(401);
  });
});

describe("the tickets in memory", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("expire after their lifetime", () => {
    const tickets = new Tickets(30_000, 10);
    const [early, late] = [tickets.issue(ada()), tickets.issue(ada())];
    vi.advanceTimersByTime(29_999);
    expect(tickets.redeem(early).user).toBe("ada");
    vi.advanceTimersByTime(1);
    expect(() => tickets.redeem(late)).toThrow("The credential is not valid.");
  });

  it("expire with the credential of their identity", () => {
    const tickets = new Tickets(30_000, 10);
    const ticket = tickets.issue(ada(1_000));
    vi.advanceTimersByTime(1_000);
    expect(() => tickets.redeem(ticket)).toThrow("The credential is not valid.");
  });

  it("never exceed their limit: the oldest is removed", () => {
    const tickets = new Tickets(30_000, 3);
    const issued = Array.from({ length: 1_000 }, () => tickets.issue(ada()));
    expect(tickets.size).toBe(3);
    expect(() => tickets.redeem(issued.at(-4) as string)).toThrow();
    for (const ticket of issued.slice(-3)) expect(tickets.redeem(ticket).user).toBe("ada");
    expect(tickets.size).toBe(0);
  });

  it("are removed after they expire, when the next is issued", () => {
    const tickets = new Tickets(30_000, 1_000);
    for (let i = 0; i < 100; i++) tickets.issue(ada());
    vi.advanceTimersByTime(30_000);
    tickets.issue(ada());
    expect(tickets.size).toBe(1);
  });
});
