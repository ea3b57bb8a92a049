import { expect, it } from "vitest";
import { channelWorld } from "../../channel/support/channel-world.ts";

it("writes the values that the source has yielded before its stream ends in the same turn", async () => {
  const { connect, hub } = channelWorld();
  let made!: () => void;
  const bothMade = new Promise<void>((resolve) => {
    made = resolve;
  });
  async function* source() {
    yield "one";
    yield "two";
    made();
    await new Promise(() => undefined);
  }
  const subscriber = connect(source);
  await bothMade;
  for (const stream of [...hub.streams]) stream.close("disconnected");
  subscriber.take();
  expect(subscriber.seen.map(({ data }) => data)).toEqual(["one", "two"]);
});
