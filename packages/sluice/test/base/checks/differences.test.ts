import { describe, expect, it } from "vitest";
import { differences } from "../../../src/base/checks/differences.ts";

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
    [
      "functions that webpack has compiled for two layers",
      {
        onError: functionOf("() => _log__WEBPACK_IMPORTED_MODULE_0__.log()"),
        load: functionOf('() => __webpack_require__("(rsc)/./lib/log.ts")'),
      },
      {
        onError: functionOf("() => _log__WEBPACK_IMPORTED_MODULE_12__.log()"),
        load: functionOf('() => __webpack_require__("(instrument)/./lib/log.ts")'),
      },
    ],
    [
      "functions that Vite has compiled twice",
      { onError: functionOf("() => __vi_import_0__.log()") },
      { onError: functionOf("() => __vi_import_1__.log()") },
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
