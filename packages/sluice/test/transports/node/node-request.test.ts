import { describe, expect, it } from "vitest";
import { createSluice, type NodeRequest, type NodeResponse } from "../../../src/index.ts";
import { errorOf } from "../../support/option-cases.ts";
import { ParkedSource } from "../../support/sources.ts";

describe("a call of stream() or response()", () => {
  it("is refused if request and response are swapped, or are none", async () => {
    const sluice = createSluice();
    const [request, response] = [{ headers: {} } as NodeRequest, { writeHead: () => {} } as unknown as NodeResponse];
    const source = new ParkedSource();
    const swapped = sluice.stream(response as unknown as NodeRequest, request as unknown as NodeResponse, source);
    expect((await errorOf(() => swapped)).message).toContain("`request` must be a request of node:http or alike");
    const without = sluice.stream(request, undefined as unknown as NodeResponse, source);
    expect((await errorOf(() => without)).message).toContain("`response` must be a response of node:http or alike");
    const onFetch = sluice.response(request as unknown as Request, source);
    expect((await errorOf(() => onFetch)).message).toContain("`request` must be a Request of the Fetch standard");
  });
});
