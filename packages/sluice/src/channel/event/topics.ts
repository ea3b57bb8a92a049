import { show } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";

const MAX_TOPICS = 1_000;
const MAX_TOPIC_LENGTH = 256;

/** Returns the topics without duplicates. Throws with `code` unless they are an array of 1 to 1,000 valid names. */
export function checkTopics(topics: readonly string[], code: "INVALID_OPTION" | "INVALID_FIELD"): readonly string[] {
  if (!Array.isArray(topics) || topics.length === 0 || topics.length > MAX_TOPICS) {
    throw new SluiceError(
      code,
      `\`topics\` must be an array of 1 to ${MAX_TOPICS} names, but is ${show(topics)}. For no topics, leave it out.`,
    );
  }
  for (const topic of topics) {
    if (typeof topic !== "string" || topic === "" || topic.length > MAX_TOPIC_LENGTH || topic === "*") {
      throw new SluiceError(
        code,
        `A topic must be a string of 1 to ${MAX_TOPIC_LENGTH} characters other than "*", but is ${show(topic)}.`,
      );
    }
  }
  return topics.length === 1 ? [...topics] : [...new Set(topics)];
}
