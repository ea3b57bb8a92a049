import { type HttpAnswer, notOpened, retryLater } from "./http-answer.ts";

/** A client that used the connection again would only meet the next refusal. HTTP/2 has no such header. */
const LAST_ANSWER = { connection: "close" };

/** Answers that ask the client to retry later. */
export const RETRY_LATER = {
  draining: (): HttpAnswer =>
    retryLater(503, "DRAINING", "This server is shutting down. Retry in a moment.", LAST_ANSWER),
  full: (): HttpAnswer => retryLater(503, "TOO_MANY_STREAMS", "This server has reached its limit of event streams."),
  broken: (): HttpAnswer => notOpened(),
  ownLimit: (limit: number): HttpAnswer =>
    retryLater(429, "TOO_MANY_STREAMS_OF_KEY", `At most ${limit} event streams may be open at a time.`),
} as const;
