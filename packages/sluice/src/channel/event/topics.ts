import { invalidOption, show } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";

const MAX_TOPIC_LENGTH = 256;

/** Throws with `code` unless the topic is a valid name. */
export function checkTopic(topic: unknown, code: "INVALID_OPTION" | "INVALID_FIELD"): void {
  if (!isTopic(topic)) throw new SluiceError(code, badTopic(topic));
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
    if (typeof topic === "string" && !isTopic(topic)) throw new BadRequest(badTopic(topic));
    checkTopic(topic, "INVALID_OPTION");
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

/** Returns the names without duplicates, in a new array. */
export function unique(topics: readonly string[]): readonly string[] {
  return topics.length < 2 ? [...topics] : [...new Set(topics)];
}
