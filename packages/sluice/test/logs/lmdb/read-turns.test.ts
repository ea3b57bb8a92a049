import { describe, expect, it } from "vitest";
import { type ReadLimit, ReadTurns } from "../../../src/logs/lmdb/read-turns.ts";
import { turns } from "../../support/turns.ts";

const MIB = 1024 * 1024;

describe("ReadTurns", () => {
  it.for([3 * MIB, MIB / 4])("reads no more in a turn if more channels read: %i bytes each", async (size) => {
    const readTurns = new ReadTurns();
    let inTurn = 0;
    const perTurn: number[] = [];
    const endTurn = () => {
      perTurn.push(inTurn);
      inTurn = 0;
    };
    const channel = () => {
      let left = size;
      return ({ bytes }: ReadLimit) => {
        // Each event has 64 KiB, so a portion may exceed the limit by one.
        const read = Math.min(left, Math.ceil(bytes / 65_536) * 65_536);
        left -= read;
        inTurn += read;
        return { events: read / 65_536, bytes: read, isLast: left === 0 };
      };
    };
    let isOver = false;
    const all = Promise.all(Array.from({ length: 40 }, () => readTurns.read(channel()))).then(() => {
      isOver = true;
    });
    while (!isOver) {
      endTurn();
      await turns(1);
    }
    await all;
    endTurn();
    expect(perTurn.reduce((sum, bytes) => sum + bytes)).toBe(40 * size);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(MIB / 4);
  });

  it("lets every channel read before one reads again", async () => {
    const readTurns = new ReadTurns();
    const order: string[] = [];
    const channel = (name: string) => {
      let portions = 0;
      return () => {
        order.push(name);
        return { events: 512, bytes: 0, isLast: ++portions === 2 };
      };
    };
    await Promise.all(["first", "a", "b", "c"].map((name) => readTurns.read(channel(name))));
    expect(order).toEqual(["first", "first", "a", "b", "c", "a", "b", "c"]);
  });

  it("rejects the reading that fails, and continues with the others", async () => {
    const readTurns = new ReadTurns();
    const fails = readTurns.read(() => {
      throw new Error("damaged");
    });
    const works = readTurns.read(() => ({ events: 1, bytes: 1, isLast: true }));
    await expect(fails).rejects.toThrow("damaged");
    await works;
  });

  it("reads no more than 640 KiB that subscribers have not taken, and continues when they have", async () => {
    const readTurns = new ReadTurns();
    let untaken = 0;
    let most = 0;
    const takes: (() => void)[] = [];
    const channel = () => {
      let left = MIB;
      return ({ bytes }: ReadLimit) => {
        const read = Math.min(left, bytes);
        left -= read;
        if (left === 0) return { events: 1, bytes: read, isLast: true };
        untaken += read;
        most = Math.max(most, untaken);
        const taken = new Promise<void>((resolve) => {
          takes.push(() => {
            untaken -= read;
            resolve();
          });
        });
        return { events: 1, bytes: read, isLast: false, taken };
      };
    };
    let isOver = false;
    const all = Promise.all(Array.from({ length: 10 }, () => readTurns.read(channel()))).then(() => {
      isOver = true;
    });
    for (let turn = 0; !isOver; turn++) {
      await turns(1);
      if (turn % 10 === 9) for (const take of takes.splice(0)) take();
    }
    await all;
    expect(most).toBeGreaterThan(MIB / 4);
    expect(most).toBeLessThanOrEqual(640 * 1024);
  });
});
