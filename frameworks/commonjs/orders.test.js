const { createSluice, SluiceError } = require("sluice");
const { collect, readEventStream } = require("sluice/testing");

describe("Sluice in Jest, in its default mode", () => {
  let sluice;
  beforeEach(() => {
    sluice = createSluice();
  });
  afterEach(() => sluice.close());

  it("publishes and receives events", async () => {
    const orders = sluice.channel("orders");
    const received = collect(orders.subscribe(), 1);
    await orders.publish("placed", { total: 1 });
    expect(await received).toMatchObject([{ type: "placed", data: { total: 1 } }]);
    await expect(orders.publish("", 1)).rejects.toBeInstanceOf(SluiceError);
  });

  it("opens event streams", async () => {
    const orders = sluice.channel("orders");
    const stream = await readEventStream(await sluice.response(new Request("http://desk.example"), orders.subscribe()));
    await orders.publish("placed", { total: 2 });
    expect(await stream.next()).toMatchObject({ type: "placed", data: '{"total":2}' });
    await stream.close();
  });

  it("runs jobs", async () => {
    const { result } = sluice.jobs("exports").start(async () => "done");
    expect(await result).toBe("done");
  });

  it.each(["protocol", "metrics", "auth", "lmdb", "redis", "nats"])("loads sluice/%s", (entry) => {
    expect(Object.keys(require(`sluice/${entry}`))).not.toEqual([]);
  });
});
