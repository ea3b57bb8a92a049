import { describe, expect, it } from "vitest";
import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { entry, untilAnswers, useNats } from "../support/use-nats.ts";

const PROCESSES = 4;

/**
 * A barrier in front of the stream of lives: holds each write until as many writes as there are processes have arrived.
 */
class WriteBarrier {
  /** Writes that arrived since the last {@link reset}. */
  arrived = 0;
  #waiting: (() => void)[] = [];

  reset(): void {
    this.arrived = 0;
  }

  guard(connection: NatsConnection): void {
    const request = connection.request.bind(connection);
    connection.request = async (subject, payload, options) => {
      // The probe that asks whether the stream is ready has an empty payload. The first stream's subjects come first.
      const isLife = subject === "sluice._lives.orders" && payload && !`${payload}`.includes("creating");
      if (isLife) await this.#pass();
      return request(subject, payload, options);
    };
  }

  async #pass(): Promise<void> {
    this.arrived++;
    if (this.arrived > PROCESSES) return;
    if (this.arrived < PROCESSES) return new Promise((resolve) => void this.#waiting.push(resolve));
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

describe.skipIf(NATS_SERVER === undefined)("natsLog, when several processes begin a life", () => {
  const nats = useNats();

  it("lets one of them win if all have read the old life before any writes a new one", async () => {
    const barrier = new WriteBarrier();
    const connections = await Promise.all(
      Array.from({ length: PROCESSES }, () => nats.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 50 })),
    );
    for (const connection of connections) barrier.guard(connection);
    const channels = await Promise.all(connections.map((connection) => nats.open({ connection })));
    const epochs = () => new Set(channels.map(({ epoch }) => epoch));
    expect(barrier.arrived).toBe(PROCESSES);
    expect(epochs().size).toBe(1);
    await channels[0]!.append([entry(1)]);
    for (const data of ["kept", "lost", "kept"] as const) {
      const [before] = epochs();
      barrier.reset();
      await nats.server.kill();
      await nats.server.start(data);
      await Promise.all(channels.map((channel) => untilAnswers(channel)));
      expect(barrier.arrived).toBe(PROCESSES);
      expect(epochs().size).toBe(1);
      expect(epochs()).not.toContain(before);
    }
  });
});
