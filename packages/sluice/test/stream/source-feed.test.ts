import { expect, test } from "vitest";
import { channelWorld } from "../channel/support/channel-world.ts";

test("what a source has made goes out before its stream is ended in the same turn", async () => {
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
