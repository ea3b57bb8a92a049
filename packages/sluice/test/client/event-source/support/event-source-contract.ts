import { afterAll, beforeAll, describe } from "vitest";
import type { Runtime, RuntimeKind, Scenario } from "../../support/runtimes/runtime.ts";
import { closeContract } from "./close-contract.ts";
import { connectionContract } from "./connection-contract.ts";
import { dispatchContract } from "./dispatch-contract.ts";
import { interfaceContract } from "./interface-contract.ts";
import { parsingContract } from "./parsing-contract.ts";
import { requestContract } from "./request-contract.ts";

/** Runs a scenario in the runtime under test. */
export type Run = <Argument, Result>(scenario: Scenario<Argument, Result>, argument: Argument) => Promise<Result>;

/** Starts a runtime for a suite, and returns the function that runs scenarios in it. */
export function runtimeOf(kind: RuntimeKind): Run {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await kind.start();
  });
  afterAll(() => runtime?.[Symbol.asyncDispose]());
  return (scenario, argument) => runtime.run(scenario, argument);
}

/** The behaviour of `EventSource` after the HTML standard, section 9.2, and of the options beyond it. */
export function eventSourceContract(kind: RuntimeKind): void {
  describe(`EventSource in ${kind.name}`, () => {
    const run = runtimeOf(kind);
    describe("interface", () => interfaceContract(run));
    describe("events", () => dispatchContract(run));
    describe("stream", () => parsingContract(run));
    describe("connection", () => connectionContract(run));
    describe("close()", () => closeContract(run));
    describe("request", () => requestContract(run, kind));
  });
}
