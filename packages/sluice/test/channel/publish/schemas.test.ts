import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createSluice, type SluiceError, type StandardSchema } from "../../../src/index.ts";
import { collect } from "../../support/patient-testing.ts";

const sluice = createSluice();
let channels = 0;
/** Makes a channel with one event type that accepts any data as far as types go. */
const channelWith = (schema: unknown) =>
  sluice.channel<{ placed: unknown }>(`orders-${++channels}`, { schemas: { placed: schema as StandardSchema } });
afterEach(() => expect(sluice.stats().streams).toBe(0));

const Order = z.object({ id: z.number().int(), total: z.number().positive() });

/** Returns the error with which publishing the data rejects. */
async function refusal(channel: ReturnType<typeof channelWith>, data: unknown): Promise<SluiceError> {
  return channel.publish("placed", data).then(
    (id) => Promise.reject(new Error(`Published as ${id}.`)),
    (error) => error,
  );
}

describe("a channel with schemas", () => {
  it("publishes data that fit the schema", async () => {
    const orders = channelWith(Order);
    const collected = collect(orders.subscribe(), 1);
    const id = await orders.publish("placed", { id: 1, total: 9.5 });
    expect(await collected).toMatchObject([{ id, type: "placed", data: { id: 1, total: 9.5 } }]);
  });

  it("publishes nothing if the channel closes before the schema has answered", async () => {
    const own = createSluice();
    const slow = z.number().refine(() => new Promise((resolve) => setTimeout(resolve, 20, true)));
    const orders = own.channel<{ placed: number }>("orders", { schemas: { placed: slow as StandardSchema<number> } });
    const published = orders.publish("placed", 1);
    const refused = expect(published).rejects.toMatchObject({ code: "CLOSED" });
    await own.close();
    await refused;
  });

  it("refuses data that do not fit, names each issue with its path, and publishes nothing", async () => {
    const orders = channelWith(z.object({ id: z.number(), lines: z.array(z.object({ sku: z.string() })) }));
    const error = await refusal(orders, { id: "1", lines: [{ sku: "a" }, { sku: 2 }] });
    expect(error.code).toBe("SCHEMA_MISMATCH");
    expect(error.message).toMatch(
      /^The data of "placed" does not fit its schema: id: .*number.*; lines\.1\.sku: .*string/,
    );
    expect(error.cause).toMatchObject([{ path: ["id"] }, { path: ["lines", 1, "sku"] }]);
    expect(orders.stats()).toMatchObject({ published: 0, retained: 0 });
  });

  it("reports an issue of the whole data without a path", async () => {
    const error = await refusal(channelWith(z.string()), 7);
    expect(error.message).toMatch(
      /^The data of "placed" does not fit its schema: [^:]*: ?expected string, received number$/i,
    );
  });

  it("publishes the schema's output: defaults, transforms, and no unknown fields", async () => {
    const schema = z.object({
      id: z.coerce.number(),
      currency: z.string().default("EUR"),
      at: z.date().transform((date) => date.toISOString()),
    });
    const orders = channelWith(schema);
    const at = new Date(0);
    await orders.publish("placed", { id: "1", at, secret: "card number" });
    const { events } = await orders.history();
    expect(events.map(({ data }) => data)).toEqual([{ id: 1, currency: "EUR", at: at.toISOString() }]);
  });

  it("waits for asynchronous refinements", async () => {
    const known = new Set([1]);
    const orders = channelWith(Order.refine(async ({ id }) => known.has(id), { message: "There is no such order." }));
    await orders.publish("placed", { id: 1, total: 1 });
    expect((await refusal(orders, { id: 2, total: 1 })).message).toBe(
      'The data of "placed" does not fit its schema: There is no such order.',
    );
    expect(orders.stats().published).toBe(1);
  });

  it("does not validate types without a schema", async () => {
    const orders = sluice.channel<{ placed: z.output<typeof Order>; cancelled: { id: number } }>("partial", {
      schemas: { placed: Order },
    });
    await orders.publish("cancelled", { id: "anything" } as never);
    expect(orders.stats().published).toBe(1);
  });

  it("rejects with the error that a schema throws, and publishes nothing", async () => {
    const broken = z.string().refine(() => {
      throw new Error("The register is away.");
    });
    const orders = channelWith(broken);
    await expect(orders.publish("placed", "x")).rejects.toThrow("The register is away.");
    expect(orders.stats().published).toBe(0);
  });

  it("accepts any Standard Schema, with paths of both kinds", async () => {
    const error = await refusal(
      channelWith({
        "~standard": {
          version: 1,
          vendor: "test",
          validate: () => ({ issues: [{ message: "is odd", path: [{ key: "a" }, Symbol.for("b"), 0] }] }),
        },
      }),
      1,
    );
    expect(error.message).toBe('The data of "placed" does not fit its schema: a.Symbol(b).0: is odd');
  });

  it.each([[1], [{}], [() => true], [{ "~standard": {} }], [null]])("refuses %j as a schema", (schema) => {
    expect(() => channelWith(schema)).toThrow("`schemas.placed` must be a Standard Schema");
  });
});
