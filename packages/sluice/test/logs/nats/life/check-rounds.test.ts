import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CheckRounds, type RoundsMember } from "../../../../src/logs/nats/life/check-rounds.ts";

const TICK_MS = 250;
const ROUND_MS = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A channel that counts its checks. */
class Channel implements RoundsMember {
  static running = 0;
  static most = 0;
  checks = 0;
  calls = 0;
  /** How long a check takes, in ms. */
  readonly #ms: number;

  constructor(ms = 0) {
    this.#ms = ms;
  }

  async check(): Promise<void> {
    this.checks++;
    Channel.most = Math.max(Channel.most, ++Channel.running);
    if (this.#ms > 0) await new Promise((resolve) => setTimeout(resolve, this.#ms));
    Channel.running--;
  }

  late(): void {
    this.calls++;
  }
}

function open(count: number, ms?: number): { rounds: CheckRounds; channels: Channel[] } {
  const rounds = new CheckRounds();
  const channels = Array.from({ length: count }, () => new Channel(ms));
  for (const channel of channels) rounds.add(channel);
  return { rounds, channels };
}

const checksOf = (channels: readonly Channel[]) => channels.reduce((sum, { checks }) => sum + checks, 0);

it("checks each of a few channels once a second", async () => {
  const { channels } = open(7);
  await vi.advanceTimersByTimeAsync(4 * ROUND_MS);
  for (const { checks } of channels) {
    expect(checks).toBeGreaterThanOrEqual(4);
    expect(checks).toBeLessThanOrEqual(5);
  }
});

it("checks many channels in turn, with one timer and a bounded number of checks per second", async () => {
  const { channels } = open(1_000);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(5 * ROUND_MS);
  for (const { checks } of channels) expect(checks).toBe(1);
});

it("checks all channels at once after a reconnect, some at a time", async () => {
  const { rounds, channels } = open(10_000, 1);
  Channel.most = 0;
  for (const channel of channels) rounds.now(channel);
  await vi.advanceTimersByTimeAsync(ROUND_MS);
  for (const { checks } of channels) expect(checks).toBeGreaterThanOrEqual(1);
  expect(Channel.most).toBe(32);
});

it("checks a channel soon, and still gives all others their turn", async () => {
  const { rounds, channels } = open(1_000);
  const busy = channels.slice(0, 100);
  for (let tick = 0; tick < 100; tick++) {
    for (const channel of busy) rounds.soon(channel);
    await vi.advanceTimersByTimeAsync(TICK_MS);
  }
  expect(checksOf(channels)).toBeLessThanOrEqual(100 * 50);
  for (const { checks } of channels) expect(checks).toBeGreaterThanOrEqual(1);
});

it("does not accumulate checks while the server answers none", async () => {
  const { channels } = open(100, 60 * ROUND_MS);
  await vi.advanceTimersByTimeAsync(20 * ROUND_MS);
  expect(checksOf(channels)).toBe(32);
});

it("calls back late channels once, and has no timer without channels", async () => {
  const { rounds, channels } = open(2);
  rounds.late(channels[0]!);
  await vi.advanceTimersByTimeAsync(2 * ROUND_MS);
  expect(channels.map(({ calls }) => calls)).toEqual([1, 0]);
  for (const channel of channels) rounds.remove(channel);
  expect(vi.getTimerCount()).toBe(0);
  rounds.now(channels[0]!);
  rounds.late(channels[0]!);
  const checks = checksOf(channels);
  await vi.advanceTimersByTimeAsync(2 * ROUND_MS);
  expect(checksOf(channels)).toBe(checks);
});
