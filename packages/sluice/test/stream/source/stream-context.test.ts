import { describe, expect, it } from "vitest";
import { StreamContext } from "../../../src/stream/source/stream-context.ts";

describe("the context of a source", () => {
  it("aborts its signal with a reason that names the end", () => {
    const context = new StreamContext("7", {});
    const { signal } = context;
    expect(signal.aborted).toBe(false);
    context.abort("stalled");
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: "AbortError", message: "The event stream has ended (stalled)." });
  });

  it("keeps the first reason", () => {
    const context = new StreamContext(undefined, {});
    context.abort("client");
    const reason = context.signal.reason;
    context.abort("refused");
    expect(context.signal.reason).toBe(reason);
    expect(reason.message).toContain("(client)");
  });

  it("has an aborted signal if the signal is read only after the end", () => {
    const context = new StreamContext(undefined, {});
    context.abort("drained");
    expect(context.signal).toMatchObject({ aborted: true, reason: { name: "AbortError" } });
    expect(context.signal).toBe(context.signal);
  });
});
