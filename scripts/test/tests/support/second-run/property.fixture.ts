import fc from "fast-check";
import { it } from "vitest";

it("has a counter-example", () => fc.assert(fc.property(fc.integer(), (n) => n < 1_000_000)));
