import { expect, it } from "vitest";
import { startScriptedServer } from "../../../../src/testing/index.ts";
import type { Run } from "./event-source-contract.ts";

/** The interface: constructor, constants and attributes. */
export function interfaceContract(run: Run): void {
  it("has the constants on the class and on its instances, and they cannot change", async () => {
    await using server = await startScriptedServer({ cors: true });
    const seen = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      source.close();
      for (const owner of [EventSource, source] as unknown as Record<string, number>[]) {
        try {
          owner.OPEN = 7;
        } catch {
          // Strict code throws.
        }
      }
      return [EventSource, source].map(({ CONNECTING, OPEN, CLOSED }) => [CONNECTING, OPEN, CLOSED]);
    }, server.url);
    expect(seen).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it("is an event target with a class name, enumerable members, and one required argument", async () => {
    await using server = await startScriptedServer({ cors: true });
    const seen = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      source.close();
      const names: string[] = [];
      for (const name in source) names.push(name);
      return [source instanceof EventTarget, String(source), EventSource.length, EventSource.name, names.sort()];
    }, server.url);
    const [isTarget, text, length, name, names] = seen;
    expect([isTarget, text, length, name]).toEqual([true, "[object EventSource]", 1, "EventSource"]);
    const members = ["CLOSED", "CONNECTING", "OPEN", "close", "onerror", "onmessage", "onopen", "readyState", "url"];
    expect(names).toEqual(expect.arrayContaining([...members, "withCredentials"]));
  });

  it("passes on what a program adds to its prototype", async () => {
    await using server = await startScriptedServer({ cors: true });
    const added = await run(async ({ EventSource }, url) => {
      Object.assign(EventSource.prototype, { added: () => "added" });
      const source = new EventSource(url) as unknown as { added(): string; close(): void };
      source.close();
      return source.added();
    }, server.url);
    expect(added).toBe("added");
  });

  it("has attributes that cannot be set", async () => {
    await using server = await startScriptedServer({ cors: true });
    const seen = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url, { withCredentials: true });
      for (const name of ["url", "readyState", "withCredentials"]) {
        try {
          (source as unknown as Record<string, string>)[name] = "changed";
        } catch {
          // Strict code throws.
        }
      }
      const { url: shown, readyState, withCredentials } = source;
      source.close();
      return [shown === url, readyState, withCredentials];
    }, server.url);
    expect(seen).toEqual([true, 0, true]);
  });

  it("takes withCredentials as a boolean, false by default, and ignores options that it does not know", async () => {
    await using server = await startScriptedServer({ cors: true });
    const seen = await run(async ({ EventSource }, url) => {
      const options = [undefined, null, {}, { withCredentials: 0 }, { withCredentials: "x" }, { other: 1 }];
      return options.map((each) => {
        const source = new EventSource(url, each as never);
        source.close();
        return source.withCredentials;
      });
    }, server.url);
    expect(seen).toEqual([false, false, false, false, true, false]);
  });

  it("serializes the URL, also that of an object", async () => {
    const seen = await run(
      async ({ EventSource }, urls) => {
        const shown = (url: unknown) => {
          const source = new EventSource(url as string);
          source.close();
          return source.url;
        };
        return [
          ...urls.map(shown),
          shown(new URL("http://a.invalid/url")),
          shown({ toString: () => "http://a.invalid/o" }),
        ];
      },
      ["HTTP://A.invalid:80/b/../c d?e f#g", "http://ä.invalid"],
    );
    expect(seen).toEqual([
      "http://a.invalid/c%20d?e%20f#g",
      "http://xn--4ca.invalid/",
      "http://a.invalid/url",
      "http://a.invalid/o",
    ]);
  });

  it("throws a TypeError without a URL, for options that are no object, and for members of others", async () => {
    const seen = await run(async ({ EventSource }) => {
      const { prototype } = EventSource;
      const members = ["url", "readyState", "withCredentials", "onopen", "onmessage", "onerror", "close"];
      const calls: [string, () => unknown][] = [
        ["constructor", () => new (EventSource as unknown as new () => unknown)()],
      ];
      for (const options of [5, "x", true, Symbol("x")])
        calls.push([`options ${typeof options}`, () => new EventSource("http://127.0.0.1:9/", options as never)]);
      for (const name of members) {
        const { get, set, value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
        for (const target of [prototype, {}, new EventTarget()]) {
          if (get) calls.push([`get ${name}`, () => get.call(target)]);
          if (set) calls.push([`set ${name}`, () => set.call(target, null)]);
          if (value) calls.push([name, () => value.call(target)]);
        }
      }
      return calls.flatMap(([name, call]) => {
        try {
          call();
          return [`${name} throws nothing`];
        } catch (error) {
          return error instanceof TypeError ? [] : [`${name} throws ${error}`];
        }
      });
    }, undefined);
    expect(seen).toEqual([]);
  });

  it("throws a SyntaxError for an invalid URL", async () => {
    const seen = await run(
      async ({ EventSource }, urls) => {
        return urls.map((url) => {
          try {
            new EventSource(url).close();
            return "no error";
          } catch (error) {
            return [error instanceof DOMException, (error as Error).name, (error as DOMException).code];
          }
        });
      },
      ["http://[::x]", "http://a:99999/", "https://"],
    );
    expect(seen).toEqual(Array.from({ length: 3 }, () => [true, "SyntaxError", 12]));
  });

  it("throws INVALID_OPTION if no request can be made of the options", async () => {
    const seen = await run(async ({ EventSource }, url) => {
      const options = [{ headers: { "a b": "c" } }, { headers: { a: "\n7\0" } }, { fetch: 7 }];
      return options.map((each) => {
        try {
          new EventSource(url, each as never).close();
          return "no error";
        } catch (error) {
          return (error as { code: string }).code;
        }
      });
    }, "http://a.invalid/");
    expect(seen).toEqual(["INVALID_OPTION", "INVALID_OPTION", "INVALID_OPTION"]);
  });
}
