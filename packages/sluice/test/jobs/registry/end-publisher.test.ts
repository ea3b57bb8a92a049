import { expect, it } from "vitest";
import type { Channel } from "../../../src/channel/channel.ts";
import { type JobEnd, messageData } from "../../../src/jobs/job.ts";
import { EndPublisher } from "../../../src/jobs/registry/end-publisher.ts";
import { endId } from "../../../src/jobs/registry/job-table.ts";
import { openWorld } from "../../channel/support/channel-world.ts";

it("the end of a job that another node published first stands, and the later one is no error", async () => {
  const { channel } = await openWorld();
  const run = { id: "job", run: "run" };
  await channel.publish("failed", { message: "Its node is gone." }, { topics: ["job"], id: endId("run") });
  const errors: unknown[] = [];
  const ends = new EndPublisher(channel as unknown as Channel, (error) => errors.push(error));
  const end: JobEnd = { type: "completed", data: messageData("done") };
  expect(await ends.publish(run, end, () => end)).toBe(endId("run"));
  const { events } = await channel.history({ topics: ["job"] });
  expect(events).toMatchObject([{ type: "failed", data: { message: "Its node is gone." } }]);
  expect(errors).toEqual([]);
});
