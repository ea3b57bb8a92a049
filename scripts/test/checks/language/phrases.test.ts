import { describe, expect, it } from "vitest";
import { findPhrases } from "../../../checks/language/phrases.mjs";

const phrasesIn = (text: string, kind: "prose" | "title" | "test-name" = "prose"): string[] =>
  findPhrases({ start: 0, text, kind }).map(({ phrase }) => phrase);

describe("the phrases to avoid", () => {
  it.each([
    ["It serves whoever connects.", "whoever"],
    ["Whatever happens, it ends.", "Whatever"],
    ["The user to whom it belongs.", "whom"],
    ["It ends the streams of those who left.", "those who"],
    ["If the other log is gone, that one is kept.", "that one"],
    ["It keeps that one and drops the rest.", "that one"],
    ["The one that wrote it ends.", "The one that"],
    ["It skips the ones that ended.", "the ones that"],
    ["The node is told.", "is told"],
    ["The nodes were not told.", "were not told"],
    ["A node can be told.", "be told"],
    ["The node hears of it.", "hears of"],
    ["The node lets go of it.", "lets go of"],
    ["There are four, two of which are open.", "of which"],
    ["It answers who asks.", "who asks"],
    ["It is nobody's stream.", "nobody's"],
    ["It says so.", "says so"],
    ["It stays as it is so.", "as it is so"],
    ["Then it is asked again.", "it is asked again"],
    ["The subscriber comes back with its position.", "comes back with"],
    ["The log tells its listener.", "tells"],
  ])("are found: %s", (text, phrase) => {
    expect(phrasesIn(text)).toEqual([phrase]);
  });

  it("are found across the end of a line", () => {
    expect(phrasesIn("The node is\n   told.")).toEqual(["is told"]);
  });

  it("are not found in other words and constructions", () => {
    const text =
      "So that one node ends, and the node retold it; the one thing that counts is that one of them is there.";
    expect(phrasesIn(text)).toEqual([]);
  });

  it("come with the text to write instead", () => {
    for (const { instead } of findPhrases({ start: 0, text: "Whoever tells it is told.", kind: "prose" }))
      expect(instead).toMatch(/\w{3}/);
  });
});

describe("a sentence", () => {
  it.each([
    ["Of these only the newest counts.", "Of these only the newest"],
    ["Who has much to do waits.", "Who has much to do waits"],
    ["What is left is sent.", "What is left is sent."],
    ["Whether it is open.", "Whether it is open."],
    ["That is a hint.", "That is a hint."],
    ["*What* is left is sent.", "What* is left is sent."],
    ["It ends. That is all.", "That is all."],
    ["It ends (at once).\nWhat is left is sent.", "What is left is sent."],
  ])("may not open like this: %s", (text, phrase) => {
    expect(phrasesIn(text)).toEqual([phrase]);
  });

  it("may use these words later on", () => {
    expect(phrasesIn("Returns what is left; e.g. that of the log. Offers whatsoever.")).toEqual([]);
  });

  it("may open with them if it is a question", () => {
    expect(phrasesIn("What is left? Nothing.")).toEqual([]);
    expect(phrasesIn("What is left. Is it nothing?")).toEqual(["What is left. Is it noth"]);
  });

  it("may open with them if it is a title, which may contain no phrase all the same", () => {
    expect(phrasesIn("What loads when", "title")).toEqual([]);
    expect(phrasesIn("What the node is told", "title")).toEqual(["is told"]);
  });

  it("may not open with 'what' or 'whether' in lower case if it is the name of a test", () => {
    expect(phrasesIn("what is left is sent", "test-name")).toEqual(["what is left is sent"]);
    expect(phrasesIn("whether it is open", "test-name")).toEqual(["whether it is open"]);
    expect(phrasesIn("that ends at once is read again", "test-name")).toEqual([]);
  });
});
