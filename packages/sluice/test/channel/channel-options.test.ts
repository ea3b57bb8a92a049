import { describe, expect, it } from "vitest";
import { channelWorld } from "./support/channel-world.ts";

describe("the options of a channel", () => {
  it.each([
    [{ retain: { events: 0 } }, "retain.events"],
    [{ retain: { age: -1 } }, "retain.age"],
    [{ retain: { size: 1 } }, "size"],
    [{ window: { bytes: Number.NaN } }, "window.bytes"],
    [{ latestBy: "type" }, "latestBy"],
    [{ schemas: { placed: {} } }, "schemas.placed"],
    [{ maxEventBytes: 1.5 }, "maxEventBytes"],
    [{ flushInterval: -1 }, "flushInterval"],
    [{ topics: "optional" }, "topics"],
    [{ maxTopics: 0 }, "maxTopics"],
    [{ maxTypeBytes: 0.5 }, "maxTypeBytes"],
    [{ retention: 1 }, "retention"],
  ])("that are invalid are refused by name: %j", (options, name) => {
    expect(() => channelWorld(options as never)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });
});
