import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programPath } from "../../../../scripts/programs/programs.mjs";
import { type EventStreamView, useEventStream, useEvents } from "../../src/react/index.ts";
import { type ScriptedServer, startScriptedServer } from "../../src/testing/index.ts";
import { block } from "../client/stream/support/quick.ts";
import { type ReactPage, type ReactScope, startReactPage } from "./support/react-page.ts";

const blocks = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => block(from + index)).join("");
const numbers = (to: number) => Array.from({ length: to }, (_, index) => index + 1);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// `allRuntimes()` reports it if Chromium is missing.
if (programPath("chromium") !== undefined)
  describe("the hooks in a page, with the development build of React", () => {
    let chromium: ReactPage;
    let server: ScriptedServer;
    beforeAll(async () => {
      chromium = await startReactPage();
    });
    afterAll(() => chromium?.[Symbol.asyncDispose]());

    const start = () => startScriptedServer({ cors: true });

    it("show each event once and in order, in StrictMode, with one connection for all components", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, StrictMode, useEventStream, useEvents, ...scope }, url) => {
        let renders = 0;
        const List = ({ name }: { name: string }) => {
          const stream = useEventStream<{ n: number }>(url);
          const list = useEvents(stream, "n", (all: number[], n) => [...all, n], []);
          renders++;
          return h("p", { id: name }, `${stream.state}: ${list.join()}`);
        };
        const root = scope.createRoot(document.querySelector("main")!);
        root.render(
          h(
            StrictMode,
            null,
            ["a", "b", "c"].map((name) => h(List, { name, key: name })),
          ),
        );
        await scope.until(() => document.body.textContent?.match(/,500/g)?.length === 3);
        return { texts: [...document.querySelectorAll("p")].map((p) => p.textContent), renders };
      }, server.url);
      const connection = await server.next();
      await connection.send(blocks(1, 200));
      await sleep(50);
      await connection.send(blocks(201, 500));
      const { texts, renders } = await over;
      expect(texts).toEqual(new Array(3).fill(`open: ${numbers(500).join()}`));
      expect(server.connections).toHaveLength(1);
      // React renders once for the events of a chunk: StrictMode twice, for each of three components.
      expect(renders).toBeLessThan(150);
      expect(chromium.complaints).toEqual([]);
      await server[Symbol.asyncDispose]();
    });

    it("render a component again only for fields that it has read", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, useEventStream, useEvents, ...scope }, url) => {
        const renders = { idle: 0, state: 0, last: 0 };
        const Idle = () => {
          const stream = useEventStream(url);
          renders.idle++;
          return h(Count, { stream });
        };
        const Count = ({ stream }: { stream: EventStreamView }) =>
          h(
            "b",
            null,
            useEvents(stream, "n", (count: number) => count + 1, 0),
          );
        const State = () => {
          renders.state++;
          return useEventStream(url).state;
        };
        const Last = () => {
          renders.last++;
          const { lastEvent } = useEventStream<{ n: number }>(url);
          return h("i", null, lastEvent?.data as number);
        };
        scope
          .createRoot(document.querySelector("main")!)
          .render([Idle, State, Last].map((type, key) => h(type, { key })));
        await scope.until(() => document.querySelector("b")?.textContent === "3");
        return { renders, last: document.querySelector("i")?.textContent };
      }, server.url);
      const connection = await server.next();
      for (const id of [1, 2, 3]) {
        await connection.send(block(id));
        await sleep(50);
      }
      expect(await over).toEqual({ renders: { idle: 1, state: 2, last: 4 }, last: "3" });
      await server[Symbol.asyncDispose]();
    });

    it("give a component that mounts later the present state at once, and the events from then on", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, useEventStream, useEvents, ...scope }, url) => {
        const seen: string[] = [];
        const Part = ({ name }: { name: string }) => {
          const stream = useEventStream<{ n: number }>(url);
          const list = useEvents(stream, "n", (all: number[], n) => [...all, n], []);
          seen.push(`${name} ${stream.state} ${stream.lastEvent?.id} ${list}`);
          return null;
        };
        const root = scope.createRoot(document.querySelector("main")!);
        root.render(h(Part, { name: "first", key: 1 }));
        await scope.until(() => seen.at(-1) === "first open 1 1");
        root.render([h(Part, { name: "first", key: 1 }), h(Part, { name: "second", key: 2 })]);
        await scope.until(() => seen.at(-1) === "second open 2 2");
        return seen.filter((text) => text.startsWith("second"));
      }, server.url);
      const connection = await server.next();
      await connection.send(block(1));
      await chromium.page.waitForTimeout(300);
      await connection.send(block(2));
      expect(await over).toEqual(["second open 1 ", "second open 2 2"]);
      await server[Symbol.asyncDispose]();
    });

    it("keep the connection when components unmount and mount again, and close it after the last", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, useEventStream, ...scope }, url) => {
        const states: string[] = [];
        const Part = () => {
          states.push(useEventStream(url).state);
          return null;
        };
        const root = scope.createRoot(document.querySelector("main")!);
        root.render(h(Part));
        await scope.until(() => states.at(-1) === "open");
        for (let time = 0; time < 5; time++) {
          scope.flushSync(() => root.render(null));
          await new Promise((resolve) => setTimeout(resolve, 100));
          scope.flushSync(() => root.render(h(Part)));
        }
        scope.flushSync(() => root.unmount());
        return states;
      }, server.url);
      const connection = await server.next();
      await connection.send(block(1));
      const states = await over;
      expect(states.slice(states.indexOf("open")).every((state) => state === "open")).toBe(true);
      expect(connection.isClosed).toBe(false);
      await expect.poll(() => connection.isClosed).toBe(true);
      expect(server.connections).toHaveLength(1);
      await server[Symbol.asyncDispose]();
    });

    it("keep the stream while functions change, use the newest, and change the stream with a value", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, useEventStream, useEvents, ...scope }, url) => {
        let text = "";
        const Part = ({ token, room }: { token: string; room: string }) => {
          const stream = useEventStream<{ n: number }>(`${url}${room}`, {
            headers: () => ({ authorization: token }),
            backoff: 1,
            maxBackoff: 2,
          });
          const list = useEvents(stream, ["n"], (all: string[], n) => [...all, `${token}${n}`], []);
          text = list.join();
          return null;
        };
        const root = scope.createRoot(document.querySelector("main")!);
        root.render(h(Part, { token: "a", room: "x" }));
        await scope.until(() => text === "a1");
        root.render(h(Part, { token: "b", room: "x" }));
        await scope.until(() => text === "a1,b2");
        root.render(h(Part, { token: "b", room: "y" }));
        await scope.until(() => text === "");
        await scope.until(() => text === "b3");
        return text;
      }, server.url);
      const first = await server.next();
      await first.send(block(1));
      await sleep(300);
      expect([first.path, first.headers.authorization]).toEqual(["/x", "a"]);
      first.end();
      const second = await server.next();
      expect([second.headers.authorization, second.lastEventId || second.path]).toEqual(["b", "/x?lastEventId=1"]);
      await second.send(block(2));
      const third = await server.next();
      expect(third.path).toBe("/y");
      await third.send(block(3));
      expect(await over).toBe("b3");
      expect(server.connections).toHaveLength(3);
      await server[Symbol.asyncDispose]();
    });

    it("change the stream when the values of Headers change, which are another object at each rendering", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, useEventStream, useEvents, ...scope }, url) => {
        let text = "";
        const Part = ({ user }: { user: string; version: number }) => {
          const stream = useEventStream<{ n: string }>(url, { headers: new Headers({ authorization: user }) });
          text = useEvents(stream, "n", (_: string, n) => n, "none");
          return null;
        };
        const root = scope.createRoot(document.querySelector("main")!);
        const texts: string[] = [];
        for (const [version, user] of ["a", "a", "b"].entries()) {
          scope.flushSync(() => root.render(h(Part, { user, version })));
          await scope.until(() => text === `of ${user}`);
          texts.push(text);
        }
        return texts;
      }, server.url);
      for (const user of ["a", "b"]) {
        const connection = await server.next();
        await connection.send(block(1, `of ${connection.headers.authorization}`));
        expect(connection.headers.authorization).toBe(user);
      }
      expect(await over).toEqual(["of a", "of a", "of b"]);
      expect(server.connections).toHaveLength(2);
      await server[Symbol.asyncDispose]();
    });

    it("share one connection with functions made at each rendering if shareKey names the same user", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, StrictMode, useEventStream, useEvents, ...scope }, url) => {
        const texts: Record<string, string> = {};
        let render: ((version: number) => void) | undefined;
        const Part = ({ name, user, version }: { name: string; user: string; version: number }) => {
          const stream = useEventStream<{ n: number }>(url, {
            shareKey: user,
            headers: async () => ({ authorization: `${user} ${version}` }),
            onError: () => {},
            backoff: 1,
            maxBackoff: 2,
          });
          texts[name] = useEvents(stream, "n", (all: number[], n) => [...all, n], []).join();
          return null;
        };
        const All = () => {
          const [version, set] = scope.useState(1);
          render = set;
          return [
            h(Part, { key: "a", name: "a", user: "u1", version }),
            h(Part, { key: "b", name: "b", user: "u1", version }),
            version < 100 ? h(Part, { key: "c", name: "c", user: "u2", version }) : null,
          ];
        };
        scope.createRoot(document.querySelector("main")!).render(h(StrictMode, null, h(All)));
        await scope.until(() => texts.a === "1" && texts.b === "1");
        for (let version = 2; version <= 100; version++) scope.flushSync(() => render?.(version));
        await scope.until(() => texts.a === "1,2" && texts.b === "1,2");
        return texts;
      }, server.url);
      const [first, other] = [await server.next(), await server.next()].sort((a, b) =>
        `${a.headers.authorization}`.localeCompare(`${b.headers.authorization}`),
      );
      expect([first?.headers.authorization, other?.headers.authorization]).toEqual(["u1 1", "u2 1"]);
      other?.open();
      await first?.send(block(1));
      await sleep(1_500);
      first?.end();
      const next = await server.next();
      expect([next.headers.authorization, next.path]).toEqual(["u1 100", "/?lastEventId=1"]);
      await next.send(block(2));
      expect(await over).toEqual({ a: "1,2", b: "1,2", c: "" });
      expect(server.connections).toHaveLength(3);
      await server[Symbol.asyncDispose]();
    });

    it("catch up in a hidden Activity, and resume from the place at which all were hidden", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, Activity, useEventStream, useEvents, ...scope }, url) => {
        const texts: Record<string, string> = {};
        const Part = ({ name }: { name: string }) => {
          const stream = useEventStream<{ n: number }>(url);
          texts[name] = useEvents(stream, "n", (all: number[], n) => [...all, n], []).join();
          return null;
        };
        const root = scope.createRoot(document.querySelector("main")!);
        const show = (a: boolean, b: boolean) =>
          scope.flushSync(() =>
            root.render([
              h(Activity, { key: "a", mode: a ? "visible" : "hidden", children: h(Part, { name: "a" }) }),
              h(Activity, { key: "b", mode: b ? "visible" : "hidden", children: h(Part, { name: "b" }) }),
            ]),
          );
        show(true, true);
        await scope.until(() => texts.a === "1" && texts.b === "1");
        show(true, false);
        await scope.until(() => texts.a === "1,2");
        show(true, true);
        await scope.until(() => texts.b === "1,2");
        show(false, false);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        show(false, true);
        await scope.until(() => texts.b === "1,2,3");
        show(true, true);
        await scope.until(() => texts.a === "1,2,3");
        return texts;
      }, server.url);
      const first = await server.next();
      await first.send(block(1));
      await sleep(300);
      await first.send(block(2));
      await expect.poll(() => first.isClosed).toBe(true);
      const second = await server.next();
      expect(second.path).toBe("/?lastEventId=2");
      await second.send(block(3));
      expect(await over).toEqual({ a: "1,2,3", b: "1,2,3" });
      expect(server.connections).toHaveLength(2);
      await server[Symbol.asyncDispose]();
    });

    it("open nothing for a tree that is rendered hidden, or that suspends", async () => {
      server = await start();
      const result = await chromium.run(async ({ createElement: h, Activity, Suspense, ...scope }, url) => {
        const Part = () => scope.useEventStream(url).state;
        const Waiting = () => {
          scope.useEventStream(url);
          scope.use(new Promise<never>(() => {}));
          return null;
        };
        const root = scope.createRoot(document.querySelector("main")!);
        scope.flushSync(() =>
          root.render([
            h(Activity, { key: "a", mode: "hidden", children: h(Part) }),
            h(Suspense, { key: "b", fallback: "…" }, h(Waiting)),
          ]),
        );
        await new Promise((resolve) => setTimeout(resolve, 300));
        return document.querySelector("main")!.textContent;
      }, server.url);
      expect(result).toContain("…");
      expect(server.connections).toHaveLength(0);
      await server[Symbol.asyncDispose]();
    });

    it("hydrate the page of a server, with one connection and without a mismatch", async () => {
      server = await start();
      const html = renderToString(
        createElement(() => {
          const stream = useEventStream(server.url);
          return createElement(
            "b",
            null,
            stream.state,
            useEvents(stream, "n", (n: number) => n + 1, 0),
          );
        }),
      );
      const over = chromium.run(
        async ({ createElement: h, useEventStream, useEvents, ...scope }, { url, html }) => {
          const main = document.querySelector("main")!;
          main.innerHTML = html + html;
          const Part = () => {
            const stream = useEventStream(url);
            return h(
              "b",
              null,
              stream.state,
              useEvents(stream, "n", (n: number) => n + 1, 0),
            );
          };
          scope.hydrateRoot(main, [h(Part, { key: 1 }), h(Part, { key: 2 })]);
          await scope.until(() => main.textContent === "open1open1");
          return main.innerHTML;
        },
        { url: server.url, html },
      );
      await (await server.next()).send(block(1));
      await over;
      expect(chromium.complaints).toEqual([]);
      expect(server.connections).toHaveLength(1);
      await server[Symbol.asyncDispose]();
    });

    it("lose no event between the rendering and the subscription of a component, nor in a transition", async () => {
      server = await start();
      const over = chromium.run(async ({ createElement: h, useEventStream, useEvents, ...scope }, url) => {
        const first: Record<number, number[]> = {};
        const Part = ({ id }: { id: number }) => {
          const stream = useEventStream<{ n: number }>(url);
          first[id] = useEvents(stream, "n", (all: number[], n) => [...all, n], []);
          // Rendering takes time, so that events arrive between two of its slices.
          for (const end = performance.now() + 1; performance.now() < end; );
          return null;
        };
        let add!: (id: number) => void;
        const All = () => {
          const [ids, set] = scope.useState<number[]>([]);
          add = (id) => scope.startTransition(() => set((all) => [...all, id]));
          return ids.map((id) => h(Part, { id, key: id }));
        };
        scope.createRoot(document.querySelector("main")!).render(h(All));
        await new Promise((resolve) => setTimeout(resolve, 50));
        for (let id = 0; id < 12; id++) {
          add(id);
          await new Promise((resolve) => setTimeout(resolve, 40));
        }
        // On a busy machine the last components come late.
        const isDone = (list: number[]) => (list.at(-1) ?? 0) >= 400;
        await scope.until(() => Object.values(first).length === 12 && Object.values(first).every(isDone));
        return Object.values(first);
      }, server.url);
      let isOver = false;
      const end = () => {
        isOver = true;
      };
      over.then(end, end);
      const connection = await server.next();
      for (let id = 1; !isOver; id++) {
        await connection.send(block(id));
        await sleep(id < 400 ? 2 : 20);
      }
      const lists = await over;
      expect(lists[0]?.[0]).toBe(1);
      for (const list of lists) expect(list).toEqual(numbers(list.at(-1) ?? 0).slice(-list.length));
      expect(server.connections).toHaveLength(1);
      await server[Symbol.asyncDispose]();
    });

    it("throw the errors of options into the nearest error boundary", async () => {
      const message = await chromium.run(async ({ createElement: h, Component, ...scope }: ReactScope) => {
        let message = "";
        class Boundary extends Component<{ children: unknown }> {
          override state = { hasFailed: false };
          static getDerivedStateFromError = () => ({ hasFailed: true });
          override componentDidCatch(error: Error) {
            message = error.message;
          }
          override render() {
            return this.state.hasFailed ? null : (this.props.children as never);
          }
        }
        const Part = () => scope.useEventStream("/x", { heartbeat: 5 } as never).state;
        scope.createRoot(document.querySelector("main")!).render(h(Boundary, null, h(Part)));
        await scope.until(() => message);
        return message;
      }, undefined);
      expect(message).toContain("heartbeat");
    });
  });
