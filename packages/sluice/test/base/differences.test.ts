import { describe, expect, it } from "vitest";
import { differences } from "../../src/base/differences.ts";

/** Returns a function with this source text. */
const functionOf = (body: string) => new Function(`return ${body}`)() as () => unknown;

describe("two definitions", () => {
  it.each([
    ["values", { retry: 1, headers: { a: "b" } }, { retry: 1, headers: { a: "b" } }],
    ["functions", { onError: functionOf("() => 1") }, { onError: functionOf("() => 1") }],
    [
      "functions that two layers of Next.js have compiled",
      {
        onError: functionOf("() => __TURBOPACK__imported__module__$5b$instrumentation$5d$__['log']()"),
        load: functionOf('() => context.A("[project]/lib/log.ts [instrumentation] (ecmascript, async loader)")'),
      },
      {
        onError: functionOf("() => __TURBOPACK__imported__module__$5b$app$2d$route$5d$__['log']()"),
        load: functionOf('() => context.A("[project]/lib/log.ts [app-route] (ecmascript, async loader)")'),
      },
    ],
  ])("do not differ with equal %s", (_, before, after) => {
    expect(differences<object>(before, after)).toEqual([]);
  });

  it.each([
    ["values", { retry: 1 }, { retry: 2 }, "retry"],
    ["functions", { onError: functionOf("() => 1") }, { onError: functionOf("() => 2") }, "onError"],
    [
      "modules that a function loads",
      { load: functionOf('() => context.A("[project]/lib/log.ts [app-route] (ecmascript, async loader)")') },
      { load: functionOf('() => context.A("[project]/lib/other.ts [app-route] (ecmascript, async loader)")') },
      "load",
    ],
  ])("differ with other %s", (_, before, after, name) => {
    expect(differences<object>(before, after)).toEqual([name]);
  });
});
