import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

describe("many requests that are pipelined on one connection", () => {
  it("print no warning of a leak, and all end with the connection", async () => {
    await using site = await Site.open();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);
    site.source = () => new ParkedSource();
    const client = site.request();
    for (let i = 1; i < 30; i++) client.send();
    await until("all are open", () => site.sluice.connections().length === 30);
    await turns(5);
    const [socket] = site.sockets as Set<Socket>;
    expect(socket?.listenerCount("close")).toBeLessThan(10);
    client.close();
    await until("all have ended", () => site.reasons.length === 30);
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
    expect(new Set(site.reasons)).toEqual(new Set(["client"]));
  });

  it("are answered in turn", async () => {
    await using site = await Site.open();
    site.source = async function* () {
      yield "only";
    };
    const client = site.request();
    for (let i = 1; i < 15; i++) client.send();
    await until("all are answered", () => client.responses.length === 15 && client.responses[14]!.complete);
    expect(client.responses.map(({ stream }) => stream.events.length)).toEqual(Array(15).fill(1));
    expect(site.reasons).toEqual(Array(15).fill("source-ended"));
  });
});
