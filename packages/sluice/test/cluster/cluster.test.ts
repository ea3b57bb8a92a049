import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../src/base/time/timers.ts";
import { BEATS_PER_TIMEOUT } from "../../src/cluster/nodes.ts";
import { createSluice } from "../../src/index.ts";
import { until } from "../support/until.ts";
import { NODE_TIMEOUT_MS, NodesWorld } from "./support/nodes-world.ts";

let world: NodesWorld;

beforeEach(() => {
  world = new NodesWorld();
});

afterEach(() => world.close());

describe("presence", () => {
  it("counts the subscribers of all nodes, by topic", async () => {
    const [a, b] = [await world.node(), await world.node()];
    const [onA, onB] = [a.sluice.channel("orders"), b.sluice.channel("orders")];
    await using _one = await a.open(onA.subscribe({ topics: ["user:1"] }));
    await using _two = await b.open(onB.subscribe({ topics: ["user:1", "user:2"] }));
    await using _all = await b.open(onB.subscribe({ topics: "*" }));
    await using _none = await b.open(onB.subscribe());
    for (const { sluice } of [a, b]) {
      await expect
        .poll(() => sluice.presence("orders"))
        .toEqual({
          subscribers: 4,
          topics: new Map([
            ["user:1", 2],
            ["user:2", 1],
            ["*", 1],
          ]),
          nodes: 2,
        });
    }
    expect(a.sluice.presence("never made")).toEqual({ subscribers: 0, topics: new Map(), nodes: 2 });
  });

  it("changes when subscribers come and go", async () => {
    const [a, b] = [await world.node(), await world.node()];
    const orders = a.sluice.channel("orders");
    b.sluice.channel("orders");
    const stream = await a.open(orders.subscribe({ topics: ["x"] }));
    await expect.poll(() => b.sluice.presence("orders").topics.get("x")).toBe(1);
    await using _more = await a.open(orders.subscribe({ topics: ["x"] }));
    await expect.poll(() => b.sluice.presence("orders").topics.get("x")).toBe(2);
    await stream.close();
    await expect.poll(() => b.sluice.presence("orders").topics.get("x")).toBe(1);
  });

  it("adds nothing to the events that a node has published", async () => {
    const [a, b] = [await world.node(), await world.node()];
    await a.sluice.channel("orders").publish("n", 1);
    b.sluice.channel("orders");
    await using _one = await a.open(a.sluice.channel("orders").subscribe());
    await expect.poll(() => b.sluice.presence("orders")).toMatchObject({ subscribers: 1, nodes: 2 });
    expect([a.sluice.stats().published, b.sluice.stats().published]).toEqual([1, 0]);
  });

  it("is counted at a beat only for channels whose subscribers have changed, open or closed", async () => {
    const [a, b] = [await world.node(), await world.node()];
    const channels = Array.from({ length: 50 }, (_, i) => a.sluice.channel(`doc:${i}`));
    await Promise.all(channels.map((channel) => channel.publish("n", 1)));
    const streams = [await a.open(channels[0]!.subscribe()), await a.open(channels[1]!.subscribe())];
    await expect.poll(() => b.sluice.presence("doc:1").subscribers).toBe(1);
    const counted: string[] = [];
    for (const channel of channels) {
      const { presence } = channel;
      channel.presence = () => {
        counted.push(channel.name);
        return presence.call(channel);
      };
    }
    const beatsTwice = async () => {
      const { appended } = a.beats();
      await until("more beats", () => a.beats().appended > appended + 2);
    };
    // The first beats of another node ask for all channels.
    await beatsTwice();
    counted.length = 0;
    await beatsTwice();
    expect(counted).toEqual([]);
    await streams[0]!.close();
    await channels[1]!.close();
    await expect.poll(() => b.sluice.presence("doc:0").subscribers).toBe(0);
    await expect.poll(() => b.sluice.presence("doc:1").subscribers).toBe(0);
    await beatsTwice();
    // The closed channel is not asked.
    expect(new Set(counted)).toEqual(new Set(["doc:0"]));
    expect(counted.length).toBeLessThanOrEqual(2);
    await streams[1]!.close();
  });

  it("is known to a node that starts later", async () => {
    const a = await world.node();
    await using _stream = await a.open(a.sluice.channel("orders").subscribe({ topics: ["x"] }));
    await expect.poll(() => a.sluice.presence("orders").subscribers).toBe(1);
    const b = await world.node();
    b.sluice.channel("orders");
    await expect.poll(() => b.sluice.presence("orders").subscribers).toBe(1);
  });

  it("includes more topics than fit into one event", async () => {
    const [a, b] = [await world.node(), await world.node()];
    b.sluice.channel("orders");
    const topics = Array.from({ length: 1_000 }, (_, i) => `${i}:${"x".repeat(250)}`);
    await using _stream = await a.open(a.sluice.channel("orders").subscribe({ topics }));
    await expect.poll(() => b.sluice.presence("orders").topics.size).toBe(1_000);
  });

  it("does not include nodes that died or closed", async () => {
    const [a, b, c] = [await world.node(), await world.node(), await world.node()];
    a.sluice.channel("orders");
    await using _onB = await b.open(b.sluice.channel("orders").subscribe());
    await using _onC = await c.open(c.sluice.channel("orders").subscribe());
    await expect.poll(() => a.sluice.presence("orders")).toMatchObject({ subscribers: 2, nodes: 3 });
    world.kill(b);
    await expect.poll(() => a.sluice.presence("orders")).toMatchObject({ subscribers: 1, nodes: 2 });
    await c.sluice.close();
    await expect.poll(() => a.sluice.presence("orders")).toMatchObject({ subscribers: 0, nodes: 1 });
  });

  it("includes a node again that could not reach the log for long", async () => {
    const [a, b] = [await world.node(), await world.node()];
    a.sluice.channel("orders");
    await using _onB = await b.open(b.sluice.channel("orders").subscribe({ topics: ["x"] }));
    await expect.poll(() => a.sluice.presence("orders")).toMatchObject({ subscribers: 1, nodes: 2 });
    b.log.isCut = true;
    await expect.poll(() => a.sluice.presence("orders")).toMatchObject({ subscribers: 0, nodes: 1 });
    b.log.isCut = false;
    await expect.poll(() => a.sluice.presence("orders").topics.get("x")).toBe(1);
    expect(b.errors.length).toBe(1);
  });

  it("includes all nodes while none can reach the log", async () => {
    const [a, b] = [await world.node(), await world.node()];
    a.sluice.channel("orders");
    await using _onB = await b.open(b.sluice.channel("orders").subscribe());
    await expect.poll(() => a.sluice.presence("orders")).toMatchObject({ subscribers: 1, nodes: 2 });
    const counts = new Set<number>();
    const nodesBeat = async (times: number, kind: "appended" | "refused") => {
      const enough = [a, b].map((node) => node.beats()[kind] + times);
      await until(`both nodes have beaten ${times} times`, () => {
        counts.add(a.sluice.presence("orders").nodes);
        return [a, b].every((node, i) => node.beats()[kind] >= enough[i]!);
      });
    };
    world.store.reachable = false;
    await nodesBeat(2 * BEATS_PER_TIMEOUT, "refused");
    world.store.reachable = true;
    await nodesBeat(BEATS_PER_TIMEOUT, "appended");
    expect(counts).toEqual(new Set([2]));
  });

  it("uses each node's own timeout", async () => {
    const [quick, slow] = [await world.node(200), await world.node(2_000)];
    await slow.sluice.channel("orders").position();
    await quick.sluice.channel("orders").position();
    await expect.poll(() => quick.sluice.presence("orders").nodes).toBe(2);
    const counts = new Set<number>();
    const [quickBeats, slowBeats] = [quick.beats().appended, slow.beats().appended];
    // More beats than a node with the quick timeout may miss.
    await until("the slow node has beaten twice, and the quick one often", () => {
      counts.add(quick.sluice.presence("orders").nodes);
      return slow.beats().appended >= slowBeats + 2 && quick.beats().appended > quickBeats + 2 * BEATS_PER_TIMEOUT;
    });
    expect(counts).toEqual(new Set([2]));
  });

  it("is known to a process without a channel, soon after its first call", async () => {
    const [a, b] = [await world.node(), await world.node()];
    await using _stream = await a.open(a.sluice.channel("orders").subscribe());
    await expect.poll(() => b.sluice.presence("orders")).toMatchObject({ subscribers: 1, nodes: 2 });
  });

  it("is that of this process if the log is not shared", async () => {
    await using sluice = createSluice();
    sluice.channel("orders");
    expect(sluice.presence("orders")).toEqual({ subscribers: 0, topics: new Map(), nodes: 1 });
  });
});

describe("disconnect with { cluster: true }", () => {
  it("ends the selected streams on every node, and no others", async () => {
    const [a, b] = [await world.node(), await world.node()];
    const [onA, onB] = [a.sluice.channel("orders"), b.sluice.channel("orders")];
    const other = b.sluice.channel("news");
    const first = await a.open(onA.subscribe());
    const second = await b.open(onB.subscribe());
    await using third = await b.open(other.subscribe());
    expect(await a.sluice.disconnect({ channel: "orders" }, { cluster: true })).toBe(1);
    await first.rest();
    await second.rest();
    expect(b.sluice.stats()).toMatchObject({ streams: 1, closed: { disconnected: 1 } });
    expect(third.response.status).toBe(200);
  });

  it("ends streams of other nodes from a process without a channel", async () => {
    const [a, b] = [await world.node(), await world.node()];
    const stream = await a.open(a.sluice.channel("orders").subscribe());
    expect(await b.sluice.disconnect({ channel: "orders" }, { cluster: true })).toBe(0);
    expect(await stream.rest()).toEqual([]);
  });

  it("does not end streams that are opened later", async () => {
    const [a, b] = [await world.node(), await world.node()];
    for (const { sluice } of [a, b]) await sluice.channel("orders").position();
    await expect.poll(() => b.sluice.presence("orders").nodes).toBe(2);
    await a.sluice.disconnect({ channel: "orders" }, { cluster: true });
    // The other node places the request later than it was, by the fastest delivery of a beat.
    await sleep(NODE_TIMEOUT_MS);
    await using stream = await b.open(b.sluice.channel("orders").subscribe());
    // The log has this presence after the request. When b knows it, b has received the request.
    await using _later = await a.open(a.sluice.channel("orders").subscribe({ topics: ["later"] }));
    await expect.poll(() => b.sluice.presence("orders").topics.get("later")).toBe(1);
    await b.sluice.channel("orders").publish("x", 1);
    expect((await stream.next()).data).toBe("1");
    expect(b.sluice.stats().closed.disconnected).toBe(0);
  });

  it("rejects a function, which cannot be sent to other nodes", async () => {
    const { sluice } = await world.node();
    const everybody = (() => true) as never;
    await expect(sluice.disconnect(everybody, { cluster: true })).rejects.toThrowError(/selector.*object/);
  });

  it("rejects if the log fails, after the streams of this node have ended", async () => {
    const a = await world.node();
    const stream = await a.open(a.sluice.channel("orders").subscribe());
    world.kill(a);
    await expect(a.sluice.disconnect({ channel: "orders" }, { cluster: true })).rejects.toMatchObject({
      code: "LOG_FAILED",
    });
    await stream.rest();
  });

  it("ends the streams of this process if the log is not shared", async () => {
    await using sluice = createSluice();
    expect(await sluice.disconnect({ user: "u" }, { cluster: true })).toBe(0);
  });
});

it("a channel of a user cannot have the name of the cluster's channel", async () => {
  const { sluice } = await world.node();
  expect(() => sluice.channel("sluice:cluster")).toThrowError(/sluice:/);
});
