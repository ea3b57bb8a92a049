import { type Channel, createSluice } from "sluice";
import type { Identity } from "sluice/auth";
import { expect, it, onTestFinished } from "vitest";
import { EndedSessions, MAX_ENDED, type SessionEvents, sessionOf } from "../../../server/auth/ended-sessions.ts";

function identityOf(jti: string, iat: number): Identity {
  return { user: "ada", claims: { sub: "ada", jti, iat, exp: iat + 3_600 }, expiresAt: (iat + 3_600) * 1_000 };
}

async function openSessions() {
  const sluice = createSluice();
  const closing = new AbortController();
  onTestFinished(async () => {
    closing.abort();
    await sluice.close();
  });
  const channel = sluice.channel<SessionEvents>("sessions", { retain: { events: MAX_ENDED } });
  const ended: string[] = [];
  const open = () => new EndedSessions(channel, { link: undefined, onEnd: (session) => ended.push(session) });
  const follow = (sessions: EndedSessions) => {
    sessions.follow(closing.signal, (error) => expect.unreachable(String(error)));
    return sessions;
  };
  return { channel, ended, open, follow };
}

it("remembers the sessions that ended, and reports each once", async () => {
  const { open, ended } = await openSessions();
  const sessions = open();
  const [one, two] = [identityOf("one", 100), identityOf("two", 100)];
  for (let n = 0; n < 3; n++) await sessions.end(one);
  expect([sessions.has(one), sessions.has(two)]).toEqual([true, false]);
  expect(ended).toEqual([sessionOf(one)]);
});

it("reads the sessions that ended before", async () => {
  const { open } = await openSessions();
  await open().end(identityOf("one", 100));
  const later = open();
  await later.load();
  expect([later.has(identityOf("one", 100)), later.has(identityOf("two", 100))]).toEqual([true, false]);
});

it("learns of a session that ended on another process", async () => {
  const { open, follow } = await openSessions();
  const other = follow(open());
  await open().end(identityOf("one", 100));
  await expect.poll(() => other.has(identityOf("one", 100))).toBe(true);
});

/** Publishes the ends of sessions whose tokens were issued at these times. */
async function publishEnds(channel: Channel<SessionEvents>, first: number, count: number): Promise<void> {
  const ends = Array.from({ length: count }, (_, n) => {
    const issuedAt = first + n;
    return channel.publish("ended", { session: sessionOf(identityOf(`${issuedAt}`, issuedAt)), issuedAt });
  });
  await Promise.all(ends);
}

it("keeps a limited number, and never lets a session that ended become valid again", async () => {
  const { channel, open, follow } = await openSessions();
  const sessions = follow(open());
  for (let first = 0; first < MAX_ENDED + 500; first += 500) {
    await publishEnds(channel, first, 500);
    await expect.poll(() => sessions.has(identityOf(`${first + 499}`, first + 499))).toBe(true);
  }
  for (const iat of [0, 1, 499, 500, MAX_ENDED]) expect(sessions.has(identityOf(`${iat}`, iat))).toBe(true);
  expect(sessions.has(identityOf("new", MAX_ENDED))).toBe(false);
});

it("refuses all earlier tokens if the log trimmed ends that it had not received", async () => {
  const { channel, open, follow } = await openSessions();
  const sessions = follow(open());
  await publishEnds(channel, 0, 1);
  await expect.poll(() => sessions.has(identityOf("0", 0))).toBe(true);
  await publishEnds(channel, 1, 2 * MAX_ENDED);
  await expect.poll(() => sessions.has(identityOf(`${2 * MAX_ENDED}`, 2 * MAX_ENDED))).toBe(true);
  for (const iat of [1, 100, MAX_ENDED]) expect(sessions.has(identityOf(`${iat}`, iat))).toBe(true);
  expect(sessions.has(identityOf("new", Math.floor(Date.now() / 1_000) + 1))).toBe(false);
});
