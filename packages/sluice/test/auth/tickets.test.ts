import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Identity } from "../../src/auth/index.ts";
import { type TicketLimits, Tickets } from "../../src/auth/tickets.ts";
import { stopClock } from "../support/clocks/clock.ts";
import { guardedServer, SECRET } from "./support/guarded-server.ts";

const ada = (lifetime = 3_600_000): Identity => ({ user: "ada", claims: {}, expiresAt: Date.now() + lifetime });
const identity = (user: string): Identity => ({ ...ada(), user });

function ticketsOf(limits: Partial<TicketLimits>): Tickets {
  return new Tickets({ ttl: 30_000, maxTickets: 10_000, maxTicketsPerUser: 10_000, ...limits });
}

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
    const tickets = ticketsOf({ maxTickets: 10 });
    const [early, late] = [tickets.issue(ada()), tickets.issue(ada())];
    vi.advanceTimersByTime(29_999);
    expect(tickets.redeem(early).user).toBe("ada");
    vi.advanceTimersByTime(1);
    expect(() => tickets.redeem(late)).toThrow("The credential is not valid.");
  });

  it("expire with the credential of their identity", () => {
    const tickets = ticketsOf({ maxTickets: 10 });
    const ticket = tickets.issue(ada(1_000));
    vi.advanceTimersByTime(1_000);
    expect(() => tickets.redeem(ticket)).toThrow("The credential is not valid.");
  });

  it("never exceed their limit: the oldest is removed", () => {
    const tickets = ticketsOf({ maxTickets: 3 });
    const issued = Array.from({ length: 1_000 }, () => tickets.issue(ada()));
    expect(tickets.size).toBe(3);
    expect(() => tickets.redeem(issued.at(-4) as string)).toThrow();
    for (const ticket of issued.slice(-3)) expect(tickets.redeem(ticket).user).toBe("ada");
    expect(tickets.size).toBe(0);
  });

  it("are removed after they expire, when the next is issued", () => {
    const tickets = ticketsOf({ maxTickets: 1_000 });
    for (let i = 0; i < 100; i++) tickets.issue(ada());
    vi.advanceTimersByTime(30_000);
    tickets.issue(ada());
    expect(tickets.size).toBe(1);
  });
});

describe("a user with many tickets", () => {
  it("makes only own tickets invalid", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const ben = server.auth.issueTicket(identity("ben"));
    const eves = Array.from({ length: 20_000 }, () => server.auth.issueTicket(identity("eve")));
    expect((await server.get(`/?ticket=${ben}`)).status).toBe(200);
    expect((await server.get(`/?ticket=${eves.at(-101)}`)).status).toBe(401);
    for (const ticket of [eves.at(-100), eves.at(-1)])
      expect((await server.get(`/?ticket=${ticket}`)).status).toBe(200);
  });

  it("does not displace the tickets of others while the memory is full", () => {
    const tickets = ticketsOf({ maxTickets: 100, maxTicketsPerUser: 20 });
    const others = Array.from({ length: 90 }, (_, n) => tickets.issue(identity(`user ${n}`)));
    for (let i = 0; i < 1_000; i++) tickets.issue(identity("eve"));
    expect(tickets.size).toBe(100);
    for (const ticket of others) expect(tickets.redeem(ticket).user).toMatch(/^user/);
    expect(tickets.size).toBe(10);
  });

  it("loses the oldest of them if a user without a ticket needs room", () => {
    const tickets = ticketsOf({ maxTickets: 10, maxTicketsPerUser: 10 });
    const eves = Array.from({ length: 10 }, () => tickets.issue(identity("eve")));
    const others = Array.from({ length: 5 }, (_, n) => tickets.issue(identity(`user ${n}`)));
    expect(tickets.size).toBe(10);
    for (const ticket of others) tickets.redeem(ticket);
    for (const ticket of eves.slice(0, 5)) expect(() => tickets.redeem(ticket)).toThrow("The credential is not valid.");
    for (const ticket of eves.slice(5)) expect(tickets.redeem(ticket).user).toBe("eve");
  });

  it("may redeem each and get as many again", () => {
    const tickets = ticketsOf({ maxTicketsPerUser: 2 });
    for (let i = 0; i < 10; i++) {
      const pair = [tickets.issue(ada()), tickets.issue(ada())];
      for (const ticket of pair) expect(tickets.redeem(ticket).user).toBe("ada");
    }
    expect(tickets.size).toBe(0);
  });

  it("counts as the same user although the caller changed the identity in the meantime", () => {
    const tickets = ticketsOf({ maxTickets: 2, maxTicketsPerUser: 1 });
    const changing = { ...identity("eve") };
    for (const user of ["eve", "ada", "ben", "eve"]) {
      tickets.issue(changing);
      changing.user = user;
    }
    expect(tickets.size).toBe(2);
  });
});

describe("if a clock is set, a ticket", () => {
  const HOUR = 3_600_000;

  it.each([0, -HOUR, -1])("expires by the monotonic clock (the wall clock set by %d ms)", (step) => {
    using _clock = stopClock();
    const tickets = ticketsOf({ ttl: 1_000 });
    const [early, late] = [tickets.issue(ada()), tickets.issue(ada())];
    vi.setSystemTime(Date.now() + step);
    vi.advanceTimersByTime(999);
    expect(tickets.redeem(early).user).toBe("ada");
    vi.advanceTimersByTime(1);
    expect(() => tickets.redeem(late)).toThrow("The credential is not valid.");
  });

  it("expires by the wall clock if it is set forward", () => {
    using _clock = stopClock();
    const tickets = ticketsOf({ ttl: 1_000 });
    const ticket = tickets.issue(ada());
    vi.setSystemTime(Date.now() + 1_000);
    expect(() => tickets.redeem(ticket)).toThrow("The credential is not valid.");
  });

  it("expires with the credential of its identity, on both clocks", () => {
    using _clock = stopClock();
    const tickets = ticketsOf({});
    const [back, forward] = [tickets.issue(ada(1_000)), tickets.issue(ada(10_000))];
    vi.setSystemTime(Date.now() - HOUR);
    vi.advanceTimersByTime(1_000);
    expect(() => tickets.redeem(back)).toThrow("The credential is not valid.");
    vi.setSystemTime(Date.now() + HOUR + 9_000);
    expect(() => tickets.redeem(forward)).toThrow("The credential is not valid.");
  });

  it("gives its identity no more time than the identity had left", () => {
    using _clock = stopClock();
    const tickets = ticketsOf({});
    const ticket = tickets.issue(ada(60_000));
    vi.advanceTimersByTime(20_000);
    vi.setSystemTime(Date.now() - HOUR);
    expect(tickets.redeem(ticket).expiresAt - Date.now()).toBe(40_000);
  });

  it("is removed from memory by the monotonic clock", () => {
    using _clock = stopClock();
    const tickets = ticketsOf({});
    for (let i = 0; i < 100; i++) tickets.issue(ada());
    vi.setSystemTime(Date.now() - HOUR);
    vi.advanceTimersByTime(30_000);
    tickets.issue(ada());
    expect(tickets.size).toBe(1);
  });

  it.each(["Date", "performance"] as const)("expires although %s stands still", async (clock) => {
    vi.useFakeTimers({ toFake: [clock] });
    try {
      const tickets = ticketsOf({ ttl: 30 });
      const ticket = tickets.issue(ada());
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(() => tickets.redeem(ticket)).toThrow("The credential is not valid.");
    } finally {
      vi.useRealTimers();
    }
  });
});
