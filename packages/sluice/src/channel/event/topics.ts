import { invalidOption, show } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";

/** Maximum number of topics of one event. */
const MAX_EVENT_TOPICS = 1_000;
const MAX_TOPIC_LENGTH = 256;

/** Returns the topics of an event without duplicates. Throws with `code` unless they are 1 to 1,000 valid names. */
export function checkTopics(topics: readonly string[], code: "INVALID_OPTION" | "INVALID_FIELD"): readonly string[] {
  if (!Array.isArray(topics) || topics.length === 0 || topics.length > MAX_EVENT_TOPICS) {
    throw new SluiceError(
      code,
      `\`topics\` must be an array of 1 to ${MAX_EVENT_TOPICS} names, but is ${show(topics)}. ` +
        "For no topics, leave it out.",
    );
  }
  for (const topic of topics) if (!isTopic(topic)) throw new SluiceError(code, badTopic(topic));
  return unique(topics);
}

/**
 * Returns the topics of a subscription without duplicates; an empty array selects only events without topics. Throws
 * `INVALID_OPTION`. Topics often come from a request, so the error answers it with 400 if a name or the number is
 * wrong.
 */
export function checkSubscribedTopics(topics: unknown, maxTopics: number): readonly string[] {
  if (!Array.isArray(topics)) throw invalidOption("topics", 'an array of names, or "*"', topics);
  if (topics.length > maxTopics)
    throw new BadRequest(`\`topics\` must be at most ${maxTopics} names (\`maxTopics\`), but is ${show(topics)}.`);
  for (const topic of topics) {
    if (isTopic(topic)) continue;
    throw typeof topic === "string"
      ? new BadRequest(badTopic(topic))
      : new SluiceError("INVALID_OPTION", badTopic(topic));
  }
  return unique(topics);
}

/** An invalid option whose value usually comes from a request. */
class BadRequest extends SluiceError {
  readonly status = 400;

  constructor(message: string) {
    super("INVALID_OPTION", message);
  }
}

function isTopic(topic: unknown): boolean {
  return typeof topic === "string" && topic !== "" && topic.length <= MAX_TOPIC_LENGTH && topic !== "*";
}

function badTopic(topic: unknown): string {
  return `A topic must be a string of 1 to ${MAX_TOPIC_LENGTH} characters other than "*", but is ${show(topic)}.`;
}

function unique(topics: readonly string[]): readonly string[] {
  return topics.length < 2 ? [...topics] : [...new Set(topics)];
}
