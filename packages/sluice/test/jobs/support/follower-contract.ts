import { describe, expect, it } from "vitest";
import { openWorld } from "../../channel/support/channel-world.ts";
import { turns } from "../../support/turns.ts";
import { type JobsWorld, seen } from "./jobs-world.ts";

/** Tests what the followers of a job receive. */
export function followerContract(given: JobsWorld): void {
  describe("a follower of a job", () => {
    it("receives progress and the end, and then the stream ends", async () => {
      const job = given.steered();
      const follower = given.follow(job.id);
      await turns();
      await job.progress(10);
      await job.progress(50);
      job.finish();
      expect(await follower.closed).toBe("source-ended");
      expect(seen(follower)).toEqual([
        ["progress", 10],
        ["progress", 50],
        ["completed", { url: "/file" }],
      ]);
      await expect(job.result).resolves.toEqual({ url: "/file" });
    });

    it("receives the newest progress first if it begins in the middle", async () => {
      const job = given.steered();
      await turns();
      await job.progress(10);
      await job.progress(20);
      const follower = given.follow(job.id);
      await turns();
      expect(seen(follower)).toEqual([["progress", 20]]);
      await job.progress(30);
      await turns();
      expect(seen(follower)).toEqual([
        ["progress", 20],
        ["progress", 30],
      ]);
      follower.disconnect();
    });

    it("resumes after its last event ID without loss or repetition", async () => {
      const job = given.steered();
      const first = given.follow(job.id);
      await turns();
      await job.progress(1);
      await turns();
      seen(first);
      first.disconnect();
      await job.progress(2);
      const again = given.follow(job.id, first.lastEventId);
      await turns();
      job.finish();
      await again.closed;
      expect(seen(again)).toEqual([
        ["progress", 2],
        ["completed", { url: "/file" }],
      ]);
    });

    it("receives the end of an ended job, and then 204", async () => {
      const job = given.steered();
      await turns();
      job.finish();
      await job.result;
      const late = given.follow(job.id);
      expect(await late.closed).toBe("source-ended");
      expect(seen(late)).toEqual([["completed", { url: "/file" }]]);
      const again = given.follow(job.id, late.lastEventId);
      expect(await again.closed).toBe("refused");
      expect(again.status).toBe(204);
    });

    it("receives the end if its last event ID is of a later event, such as another job's", async () => {
      const job = given.steered();
      const first = given.follow(job.id);
      await turns();
      job.finish();
      await job.result;
      await first.closed;
      const other = given.steered();
      const follower = given.follow(other.id);
      await turns();
      await other.progress(1);
      await turns();
      seen(follower);
      const late = given.follow(job.id, follower.lastEventId);
      expect(await late.closed).toBe("source-ended");
      expect(seen(late)).toEqual([["completed", { url: "/file" }]]);
      const again = given.follow(job.id, late.lastEventId);
      expect(await again.closed).toBe("refused");
      expect(again.status).toBe(204);
      other.finish();
      await follower.closed;
    });

    it("receives the end after a gap if it missed the end and the log trimmed it", async () => {
      given.world = await openWorld({ retain: { events: 2 } });
      given.jobs = given.makeJobs();
      const job = given.steered();
      const first = given.follow(job.id);
      await turns();
      await job.progress(1);
      await turns();
      seen(first);
      first.disconnect();
      job.finish();
      await job.result;
      for (let n = 0; n < 5; n++) await given.world.channel.publish("progress", n, { topics: ["another"] });
      const again = given.follow(job.id, first.lastEventId);
      expect(await again.closed).toBe("source-ended");
      expect(seen(again)).toMatchObject([
        ["gap", { reason: "trimmed" }],
        ["completed", { url: "/file" }],
      ]);
    });

    it("gets 404 if the job is unknown", async () => {
      const follower = given.follow("nobody");
      expect(await follower.closed).toBe("refused");
      expect(follower.status).toBe(404);
      expect(given.world.errors).toEqual([]);
    });

    it("gets 404 if the job belongs to another user", async () => {
      const { id } = given.jobs.start(() => undefined, { user: "ada" });
      for (const options of [{}, { user: "ben" }]) {
        const stranger = given.world.connect(given.jobs.progress(id, options));
        expect(await stranger.closed).toBe("refused");
        expect(stranger.status).toBe(404);
      }
      const owner = given.world.connect(given.jobs.progress(id, { user: "ada" }));
      expect(await owner.closed).toBe("source-ended");
      expect(seen(owner)).toEqual([["completed", null]]);
    });

    it("receives nothing of other jobs", async () => {
      const [one, two] = [given.steered(), given.steered()];
      const follower = given.follow(one.id);
      await turns();
      await two.progress(99);
      await one.progress(1);
      await turns();
      expect(seen(follower)).toEqual([["progress", 1]]);
      follower.disconnect();
    });

    it("unsubscribes from the channel when it leaves", async () => {
      const job = given.steered();
      await turns();
      const { cohorts } = given.world.channel.stats();
      // A registry of all processes reads the channel, too.
      expect(cohorts).toBe(given.isShared ? 1 : 0);
      const follower = given.follow(job.id);
      await turns();
      expect(given.world.channel.stats().cohorts).toBe(cohorts + 1);
      follower.disconnect();
      expect(await follower.closed).toBe("client");
      await turns();
      expect(given.world.channel.stats()).toMatchObject({ subscribers: 0, cohorts });
    });
  });
}
