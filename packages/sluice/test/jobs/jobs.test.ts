import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";

describe("start()", () => {
  const jobs = createSluice().jobs("exports");

  it.each([
    ["`run` is missing", "run", () => jobs.start(undefined as never)],
    ["`id` is empty", "id", () => jobs.start(() => undefined, { id: "" })],
    ["an option is unknown", "name", () => jobs.start(() => undefined, { name: "x" } as never)],
    ["`id` cannot be a topic", "topic", () => jobs.start(() => undefined, { id: "*" })],
  ])("throws INVALID_OPTION if %s", (_, name, attempt) => {
    expect(attempt).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });
});

describe.each(["get", "cancel", "progress"] as const)("%s()", (method) => {
  const jobs = createSluice().jobs("exports");

  it.each([
    [null, "options"],
    [{ User: "ada" }, "User"],
    [{ user: "" }, "user"],
    [{ user: 5 }, "user"],
  ])("throws INVALID_OPTION if its options are wrong: %j", (options, name) => {
    expect(() => jobs[method]("x", options as never)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });
});

describe("a job that was started before the code of jobs is loaded", () => {
  let sluice: ReturnType<typeof createSluice>;

  beforeEach(() => {
    sluice = createSluice({ onError: () => undefined });
  });

  afterEach(() => sluice.close());

  const forever = () => new Promise<undefined>(() => undefined);

  it("is known to its user, and its ID is taken", async () => {
    const jobs = sluice.jobs("exports", { maxJobs: 2 });
    const { published } = jobs.start(forever, { id: "a", user: "ada" });
    expect(jobs.get("a")).toBeUndefined();
    expect(jobs.get("a", { user: "ada" })).toMatchObject({
      id: "a",
      state: "running",
      user: "ada",
      progress: undefined,
    });
    expect(() => jobs.start(forever, { id: "a" })).toThrowError(/another job/);
    jobs.start(forever);
    expect(() => jobs.start(forever)).toThrowError(/maxJobs/);
    const before = jobs.get("a", { user: "ada" })!.startedAt;
    await published;
    expect(jobs.get("a", { user: "ada" })!.startedAt).toEqual(before);
  });

  it("can be cancelled by its user, and then never runs", async () => {
    const jobs = sluice.jobs("exports");
    let hasRun = false;
    const run = () => {
      hasRun = true;
    };
    const { id, result } = jobs.start(run, { user: "ada" });
    expect(jobs.cancel(id)).toBe(false);
    expect(jobs.cancel(id, { user: "ada" })).toBe(true);
    expect(jobs.cancel(id, { user: "ada" })).toBe(false);
    expect(jobs.get(id, { user: "ada" })).toMatchObject({ state: "cancelled" });
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
    expect(jobs.get(id, { user: "ada" })).toMatchObject({ state: "cancelled" });
    expect(hasRun).toBe(false);
  });

  it("is cancelled if the Sluice closes at once", async () => {
    const { result } = sluice.jobs("exports").start(forever);
    await sluice.close();
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
  });

  it("runs before jobs that are started later", async () => {
    const jobs = sluice.jobs("exports");
    const order: number[] = [];
    const first = jobs.start(() => void order.push(1));
    const second = jobs.start(() => void order.push(2));
    await first.published;
    const third = jobs.start(() => void order.push(3));
    await Promise.all([first.result, second.result, third.result]);
    expect(order).toEqual([1, 2, 3]);
  });
});
