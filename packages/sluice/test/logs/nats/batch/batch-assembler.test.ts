import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { BatchAssembler, type ReadEntry } from "../../../../src/logs/nats/batch/batch-assembler.ts";
import { batchMessageId, partOf } from "../../../../src/logs/nats/batch/batch-part.ts";
import { HeldBytes } from "../../../../src/logs/shared/bounds/held-bytes.ts";

/** The messages of one publisher after another: `sent` of the `size` messages of a batch; 0: a message of its own. */
const attempts = fc.array(
  fc
    .integer({ min: 0, max: 6 })
    .chain((size) => fc.record({ size: fc.constant(size), sent: fc.integer({ min: 1, max: Math.max(1, size) }) })),
  { maxLength: 12 },
);

/** Returns a stream of messages, and for each offset if it is part of the log; `undefined` if nothing decides it. */
function streamOf(made: readonly { size: number; sent: number }[]) {
  const messages: ReadEntry[] = [];
  const isEntry: (boolean | undefined)[] = [];
  for (const [i, { size, sent }] of made.entries()) {
    const isLast = i === made.length - 1;
    for (let index = 1; index <= sent; index++) {
      const offset = messages.length + 1;
      messages.push({
        entry: { offset, time: 0, type: "n", data: String(offset), json: true },
        part: size === 0 ? undefined : { batch: `batch ${i}`, index, size },
      });
      isEntry.push(size === 0 || sent === size ? true : isLast ? undefined : false);
    }
  }
  return { messages, isEntry };
}

describe("BatchAssembler", () => {
  it("decides every message as the stream does, from whichever message it begins", () => {
    fc.assert(
      fc.property(attempts, fc.nat(80), (made, begin) => {
        const { messages, isEntry } = streamOf(made);
        const assembler = new BatchAssembler();
        const decided: LogEntry[] = [];
        for (const message of messages.slice(begin)) {
          decided.push(...assembler.take(message));
          expect(assembler.received).toBe(message.entry.offset);
        }
        const expected = messages.slice(begin).flatMap(({ entry: { offset }, part }) => {
          const is = isEntry[offset - 1];
          if (is === undefined) return [];
          return [is ? { offset, more: (part && part.size - part.index) || undefined } : { offset, isVoid: true }];
        });
        expect(decided.map(({ offset, more, isVoid }) => ({ offset, more, isVoid }))).toEqual(expected);
        expect(decided.length + assembler.held.length).toBe(Math.max(0, messages.length - begin));
      }),
    );
  });

  it("takes a batch from the beginning if its messages arrive again", () => {
    const { messages } = streamOf([{ size: 3, sent: 3 }]);
    const assembler = new BatchAssembler();
    for (const message of messages.slice(0, 2)) expect(assembler.take(message)).toEqual([]);
    expect(messages.flatMap((message) => assembler.take(message)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  it("drops held messages if those after them were trimmed", () => {
    const { messages } = streamOf([
      { size: 3, sent: 3 },
      { size: 0, sent: 1 },
    ]);
    const assembler = new BatchAssembler();
    assembler.take(messages[0]!);
    expect(assembler.take(messages[3]!)).toMatchObject([{ offset: 4 }]);
  });
});

describe("a BatchAssembler that may hold only some bytes", () => {
  it("decides every message as one without a limit, and receives the batches again that it had to drop", () => {
    fc.assert(
      fc.property(attempts, fc.nat(80), fc.nat(2_000), (made, begin, limit) => {
        const { messages } = streamOf(made);
        const held = new HeldBytes(limit);
        let isAgain = false;
        const assembler = new BatchAssembler({ held, onAgain: () => (isAgain = true) });
        const unlimited = new BatchAssembler();
        const expected = messages.slice(begin).flatMap((message) => unlimited.take(message));
        const decided: LogEntry[] = [];
        let repetitions = 0;
        for (let i = begin; i < messages.length; i++) {
          decided.push(...assembler.take(messages[i]!));
          expect(held.bytes).toBeLessThanOrEqual(limit);
          if (!isAgain) continue;
          isAgain = false;
          repetitions++;
          expect(assembler.received).toBe(0);
          i = begin + decided.length - 1;
        }
        expect(decided).toEqual(expected);
        expect(repetitions).toBeLessThanOrEqual(made.length);
        assembler.clear();
        expect(held.bytes).toBe(0);
      }),
    );
  });

  it("holds a bounded number of bytes together with all others", () => {
    const { messages } = streamOf([{ size: 6, sent: 5 }]);
    const held = new HeldBytes(10_000);
    const assemblers = Array.from({ length: 500 }, () => new BatchAssembler({ held, onAgain: () => undefined }));
    for (const message of messages) for (const each of assemblers) each.take(message);
    expect(held.bytes).toBeLessThanOrEqual(10_000);
    expect(assemblers.filter((each) => each.held.length > 0).length).toBeGreaterThan(0);
    for (const each of assemblers) each.clear();
    expect(held.bytes).toBe(0);
  });
});

describe("the message ID of a batch", () => {
  const partOfId = (id: string) => partOf({ headers: { get: () => id } });

  it("states the part of the message", () => {
    const part = { batch: "epoch.publisher.z", index: 2, size: 30 };
    expect(partOfId(batchMessageId(part))).toEqual(part);
  });

  it.each(["", "epoch.publisher.z", "publisher.z", "a.b.c.0/2", "a.b.c.3/2", "a.b.c.1/9999999", "1/2", "a b/c"])(
    "is none of a message of its own: %s",
    (id) => {
      expect(partOfId(id)).toBeUndefined();
    },
  );

  it("is none of a message without headers", () => {
    expect(partOf({})).toBeUndefined();
  });
});
