import { describe, expect, it } from "vitest";
import { SluiceError } from "../../src/base/errors/sluice-error.ts";
import { channelWorld } from "./support/channel-world.ts";

describe("the options of a subscription", () => {
  it.each([
    [{ topics: "user:1" }, "topics"],
    [{ topics: [1] }, "topic"],
    [{ types: "placed" }, "types"],
    [{ types: [""] }, "types"],
    [{ filter: true }, "filter"],
    [{ from: 0 }, "from"],
    [{ from: "" }, "from"],
    [{ initial: "newest" }, "initial"],
    [{ initial: "latest" }, "latestBy"],
    [{ initial: () => [], from: "start" }, "from"],
    [{ topic: ["a"] }, "topic"],
  ])("that are invalid are refused by name: %j", (options, name) => {
    const { channel } = channelWorld();
    expect(() => channel.subscribe(options as never)).toThrowError(SluiceError);
    expect(() => channel.subscribe(options as never)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });
});
