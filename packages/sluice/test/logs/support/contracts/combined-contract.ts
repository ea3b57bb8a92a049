import { expect, it } from "vitest";
import { createSluice, type Log } from "../../../../src/index.ts";
import { parseEventStream } from "../../../../src/protocol/index.ts";

/** Reads the stream of a response up to an event for which `isLast` returns true. */
async function readUntil(response: Response, isLast: (type: string, data: string) => boolean) {
  const seen: string[] = [];
  let lastEventId = "";
  for await (const event of parseEventStream(response.body!)) {
    seen.push(`${event.type} ${event.data}`);
    lastEventId = event.lastEventId;
    if (isLast(event.type, event.data)) break;
  }
  return { seen, lastEventId };
}

/** Tests that a stream may combine channels of a log with each other, and with a channel on another log. */
export function combinedContract(name: string, open: () => Log | Promise<Log>): void {
  it(`${name}: a stream over two of its channels and one of another log resumes each exactly`, async () => {
    await using sluice = createSluice({ log: await open() });
    await using elsewhere = createSluice();
    const channels = [sluice.channel("one"), sluice.channel("two"), elsewhere.channel("three")] as const;
    const [one, two, three] = channels;
    const combined = sluice.combine({
      one: one.subscribe(),
      two: two.subscribe({ topics: ["t"] }),
      three: three.subscribe(),
    });
    const request = (lastEventId?: string) =>
      sluice.response(
        new Request("http://localhost/", { headers: lastEventId ? { "last-event-id": lastEventId } : {} }),
        combined,
      );
    let lastEventId = await combined.position();
    const all: string[] = [];
    for (let round = 0; round < 5; round++) {
      // Some while nobody is connected, and some while the stream is open.
      const publish = async (n: number) => {
        await Promise.all([
          one.publish("n", n),
          two.publish("n", n, { topics: ["t"] }),
          two.publish("n", n, { topics: ["other"] }),
          three.publish("n", n, { id: `own/${n}` }),
        ]);
      };
      await publish(round * 2);
      const response = await request(lastEventId);
      await publish(round * 2 + 1);
      // Each stream is cut at another event.
      let count = 0;
      const read = await readUntil(response, () => ++count === 1 + round);
      all.push(...read.seen);
      lastEventId = read.lastEventId;
    }
    const rest = 30 - all.length;
    let count = 0;
    all.push(...(await readUntil(await request(lastEventId), () => ++count === rest)).seen);
    for (const part of ["one", "two", "three"]) {
      const own = all.filter((event) => event.startsWith(`${part}.`));
      expect(own).toEqual(Array.from({ length: 10 }, (_, n) => `${part}.n ${n}`));
    }
    expect(all).toHaveLength(30);
  });
}
