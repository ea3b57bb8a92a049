import { describe, expect, it } from "vitest";
import { type NatsLogOptions, natsLog } from "../../../src/logs/nats/nats-log.ts";

describe("the options of natsLog", () => {
  it.each([
    [{}],
    [{ servers: "nats://a", connection: {} }],
    [{ connection: {} }],
    [{ servers: "nats://a", prefix: "a.b" }],
    [{ servers: "nats://a", prefix: "" }],
    [{ servers: "nats://a", timeout: 0 }],
    [{ servers: "nats://a", replicas: 6 }],
    [{ servers: "nats://a", storage: "disk" }],
    [{ servers: "nats://a", domain: "" }],
    [{ servers: "nats://a", domain: "a.b" }],
    [{ servers: "nats://a", domain: "*" }],
    [{ servers: "nats://a", maxReadBytes: 65_535 }],
    [{ servers: "nats://a", maxReadBytes: 65_536.5 }],
    [{ servers: "nats://a", retention: 5 }],
  ])("reject %j with INVALID_OPTION", (options) => {
    expect(() => natsLog(options as NatsLogOptions)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});
