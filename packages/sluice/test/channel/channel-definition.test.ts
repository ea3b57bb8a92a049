import { expect, it } from "vitest";
import { createSluice, defineChannel } from "../../src/index.ts";

const orders = defineChannel<{ placed: { at: Date } }>("orders", { retain: { events: 2 } });

it("a definition makes the channel in the first call, and finds it in later calls", async () => {
  await using sluice = createSluice();
  const channel = sluice.channel(orders);
  expect(channel.name).toBe("orders");
  expect(sluice.channel(orders)).toBe(channel);
  expect(sluice.channel("orders")).toBe(channel);
  for (let n = 0; n < 3; n++) await channel.publish("placed", { at: new Date(n) });
  const { events } = await channel.history();
  expect(events.map(({ type, data }) => [type, data.at])).toEqual([
    ["placed", new Date(1).toJSON()],
    ["placed", new Date(2).toJSON()],
  ]);
});

it("a definition belongs to no Sluice", async () => {
  await using one = createSluice();
  await using two = createSluice();
  expect(one.channel(orders)).not.toBe(two.channel(orders));
});

it("a definition without options finds a channel that was made with options", async () => {
  await using sluice = createSluice();
  const channel = sluice.channel("orders", { retain: { events: 5 } });
  expect(sluice.channel(defineChannel("orders"))).toBe(channel);
});

it("a definition with other options than the channel is refused, and one with a wrong option as well", async () => {
  await using sluice = createSluice();
  sluice.channel("orders", { retain: { events: 5 } });
  expect(() => sluice.channel(orders)).toThrow("was called before with other options: retain");
  const wrong = defineChannel("other", { retian: { events: 5 } } as never);
  expect(() => sluice.channel(wrong)).toThrow("channel has no option `retian`");
});

it.each([[undefined], [null], [1], [{}], [""]])("%j is no channel", async (given) => {
  await using sluice = createSluice();
  expect(() => sluice.channel(given as never)).toThrow("`channel name` must be");
});
