import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import {
  type ChannelEvent,
  createSluice,
  type Sluice,
  type SluiceOptions,
  type Source,
  type StreamOptions,
} from "../../src/index.ts";
import { Site } from "../support/site.ts";
import { until } from "../support/until.ts";

/** The user of the request that is being served. */
const user = new AsyncLocalStorage<string>();

/** A call of a callback of a user's request: the name of the callback, the owner of the request, the store. */
type Seen = readonly [callback: string, owner: string, store: string | undefined];

/** A server that serves each request in the async context of its user, `/ann` in that of `ann`. */
class UserSite implements AsyncDisposable {
  readonly site: Site;
  readonly seen: Seen[] = [];
  readonly #controller = new AbortController();

  private constructor(site: Site, source: (world: UserSite, owner: string) => Source) {
    this.site = site;
    site.answer = (request, response) => {
      const owner = request.url!.slice(1);
      user.run(owner, () => {
        site.source = source(this, owner);
        void site.stream(request, response, this.options(owner));
      });
    };
  }

  static async open(
    source: (world: UserSite, owner: string) => Source,
    options: SluiceOptions = {},
  ): Promise<UserSite> {
    return new UserSite(await Site.open(options), source);
  }

  more: StreamOptions = {};

  get sluice(): Sluice {
    return this.site.sluice;
  }

  note(callback: string, owner: string): void {
    this.seen.push([callback, owner, user.getStore()]);
  }

  options(owner: string): StreamOptions {
    return {
      ...this.more,
      signal: this.#controller.signal,
      subscriber: { user: owner },
      onClose: () => this.note("onClose", owner),
    };
  }

  abortAll(): void {
    this.#controller.abort();
  }

  /** Opens a stream of each user. */
  async openBoth(): Promise<void> {
    for (const owner of ["ann", "bob"]) await this.site.get({ path: `/${owner}` });
    await until("both streams are open", () => this.sluice.connections().length === 2);
  }

  /** Waits until both streams have ended, and returns the names of the callbacks that ran. */
  async ended(): Promise<string[]> {
    await until("both streams have ended", () => this.site.reasons.length === 2);
    expect(this.seen.filter(([, owner, store]) => owner !== store)).toEqual([]);
    return [...new Set(this.seen.map(([callback]) => callback))].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
  }
}

/** A source that waits, and notes its calls. */
const waiting = (world: UserSite, owner: string) =>
  async function* ({ signal }: { readonly signal: AbortSignal }) {
    world.note("source", owner);
    signal.addEventListener("abort", () => world.note("abort", owner));
    try {
      yield "first";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    } finally {
      world.note("finally", owner);
    }
  };

/** An iterator whose `return()` is called while its `next()` is pending. */
const iterator = (world: UserSite, owner: string): AsyncIterable<string> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => {
      world.note("next", owner);
      return new Promise(() => undefined);
    },
    return: async () => {
      world.note("return", owner);
      return { done: true, value: undefined };
    },
  }),
});

const subscription = ({ sluice }: UserSite) => sluice.channel("orders").subscribe();

/** A subscription with a filter of the request, and with first events that wait. */
const ownSubscription = (world: UserSite, owner: string) =>
  world.sluice.channel("orders").subscribe({
    filter: () => {
      world.note("filter", owner);
      return true;
    },
    initial: async function* ({ signal }) {
      world.note("initial", owner);
      signal.addEventListener("abort", () => world.note("abort", owner));
      try {
        yield "first";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      } finally {
        world.note("finally", owner);
      }
    },
  });

const SOURCES = [
  { source: "a generator", make: waiting, callbacks: ["abort", "finally", "onClose", "source"] },
  { source: "an iterator", make: iterator, callbacks: ["next", "onClose", "return"] },
  { source: "a channel", make: subscription, callbacks: ["onClose"] },
  {
    source: "a channel with first events",
    make: ownSubscription,
    callbacks: ["abort", "finally", "initial", "onClose"],
  },
];

describe.each(SOURCES)("a stream of $source finds the store of its own request", ({ make, callbacks }) => {
  it.each<[string, (world: UserSite) => unknown]>([
    ["another request ends it", ({ sluice }) => user.run("eve", () => sluice.disconnect(() => true))],
    ["another request drains", ({ sluice }) => user.run("eve", () => sluice.drain({ pace: 0 }))],
    ["another request aborts the signal of all streams", (world) => user.run("eve", () => world.abortAll())],
    ["another request closes the Sluice", ({ sluice }) => user.run("eve", () => sluice.close())],
  ])("when %s", async (_, end) => {
    await using world = await UserSite.open(make);
    await world.openBoth();
    void end(world);
    expect(await world.ended()).toEqual(callbacks);
  });

  it("when the shared timer of all streams ends it", async () => {
    await using world = await UserSite.open(make, { maxLifetime: 150 });
    await world.openBoth();
    expect(await world.ended()).toEqual(callbacks);
  });

  it("when its client leaves", async () => {
    await using world = await UserSite.open(make);
    const clients = [await world.site.get({ path: "/ann" }), await world.site.get({ path: "/bob" })];
    for (const client of clients) client.close();
    expect(await world.ended()).toEqual(callbacks);
  });
});

describe("a filter", () => {
  it("finds the store of the request that gave it, also if other requests publish and connect", async () => {
    const filtered = (world: UserSite, owner: string) =>
      world.sluice.channel("orders").subscribe({
        from: "start",
        filter: () => {
          world.note("filter", owner);
          return true;
        },
      });
    await using world = await UserSite.open(filtered);
    const orders = world.sluice.channel("orders");
    await user.run("eve", () => orders.publish("n", 0));
    await world.openBoth();
    await user.run("eve", () => orders.publish("n", 1));
    await until("each filter has seen both", () => world.seen.length === 4);
    world.abortAll();
    expect(await world.ended()).toEqual(["filter", "onClose"]);
  });

  it("that many requests share never finds the store of a request that has ended", async () => {
    const stores: (string | undefined)[] = [];
    const filter = (_: ChannelEvent) => {
      stores.push(user.getStore());
      return true;
    };
    await using world = await UserSite.open(({ sluice }) => sluice.channel("orders").subscribe({ filter }));
    await world.openBoth();
    world.sluice.disconnect({ user: "ann" });
    await user.run("eve", () => world.sluice.channel("orders").publish("n", 1));
    await until("the filter has run", () => stores.length > 0);
    expect(stores).toEqual(["bob"]);
  });
});

describe("an iteration without a stream", () => {
  it("releases its first events in its own context when another request aborts it", async () => {
    const seen: (string | undefined)[] = [];
    const controller = new AbortController();
    await using sluice = createSluice();
    const initial = async function* () {
      try {
        yield "first";
        yield "second";
      } finally {
        seen.push(user.getStore());
      }
    };
    const orders = sluice.channel("orders").subscribe({ initial, signal: controller.signal });
    await user.run("ann", async () => {
      const iteration = orders[Symbol.asyncIterator]();
      expect((await iteration.next()).value).toMatchObject({ data: "first" });
    });
    user.run("eve", () => controller.abort());
    await until("the first events are released", () => seen.length > 0);
    expect(seen).toEqual(["ann"]);
  });
});

describe("a failure of a stream's source", () => {
  it("is reported in the context of the stream's request", async () => {
    const stores: (string | undefined)[] = [];
    const sluice = createSluice({ onError: () => void stores.push(user.getStore()) });
    const orders = sluice.channel("orders");
    const failing = async function* () {
      for await (const { data } of orders.subscribe()) {
        if (data === "fail") throw new Error("in the source");
        yield data;
      }
    };
    const request = new Request("http://desk.example/");
    const response = await user.run("ann", () => sluice.response(request, failing));
    await user.run("eve", () => orders.publish("n", "fail"));
    await response.text();
    expect(stores).toEqual(["ann"]);
  });
});

describe("an answer that refuses a request", () => {
  it("is made in the context of the request, also if another one drains", async () => {
    const stores: (string | undefined)[] = [];
    const onRefuse = () => {
      stores.push(user.getStore());
      return undefined;
    };
    let isOpening = false;
    const opening = () => () => {
      isOpening = true;
      return new Promise<null>(() => undefined);
    };
    await using world = await UserSite.open(opening);
    world.more = { onRefuse };
    world.site.request({ path: "/ann" });
    await until("the source is being opened", () => isOpening);
    await user.run("eve", () => world.sluice.drain({ pace: 0, timeout: 100 }));
    await until("it is refused", () => stores.length > 0);
    expect(stores).toEqual(["ann"]);
    expect(world.seen).toEqual([["onClose", "ann", "ann"]]);
  });
});

describe("a response of the Fetch API", () => {
  it("finds the store of its own request when another request ends its stream", async () => {
    await using sluice = createSluice();
    const seen: (string | undefined)[] = [];
    const source = async function* ({ signal }: { readonly signal: AbortSignal }) {
      signal.addEventListener("abort", () => seen.push(user.getStore()));
      yield "first";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const respond = (owner: string) =>
      user.run(owner, () =>
        sluice.response(new Request("http://desk.example/"), source, { onClose: () => seen.push(user.getStore()) }),
      );
    const responses = [await respond("ann"), await respond("bob")];
    user.run("eve", () => sluice.disconnect(() => true));
    for (const response of responses) await response.text();
    expect(seen).toEqual(["ann", "ann", "bob", "bob"]);
  });
});

describe("a publish", () => {
  it("validates and continues in the context of the publisher", async () => {
    const stores: (string | undefined)[] = [];
    const validate = (value: unknown) => {
      stores.push(user.getStore());
      return { value };
    };
    await using sluice = createSluice();
    const schemas = { placed: { "~standard": { version: 1, vendor: "test", validate } } } as const;
    const orders = sluice.channel<{ placed: unknown }>("orders", { schemas });
    await Promise.all(
      ["ann", "bob"].map((name) =>
        user.run(name, () => orders.publish("placed", 1).then(() => stores.push(user.getStore()))),
      ),
    );
    expect(stores).toEqual(["ann", "bob", "ann", "bob"]);
  });
});

describe("a job", () => {
  it("runs, and learns that another request cancels it, in the context in which it was started", async () => {
    const stores: (string | undefined)[] = [];
    await using sluice = createSluice({ onError: () => undefined });
    const jobs = sluice.jobs("exports");
    const work = async ({ signal }: { readonly signal: AbortSignal }) => {
      stores.push(user.getStore());
      signal.addEventListener("abort", () => stores.push(user.getStore()));
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      stores.push(user.getStore());
    };
    const ann = user.run("ann", () => jobs.start(work));
    const bob = user.run("bob", () => jobs.start(work));
    await until("both run", () => stores.length === 2);
    for (const { id } of [ann, bob]) user.run("eve", () => jobs.cancel(id));
    await Promise.allSettled([ann.result, bob.result]);
    expect(stores.sort()).toEqual(["ann", "ann", "ann", "bob", "bob", "bob"]);
  });
});
