import type { FastifyRequest } from "fastify";
import { AuthError } from "sluice/auth";
import type { EndedSessions } from "../auth/ended-sessions.ts";
import { GENERATOR_USER } from "../auth/users.ts";
import { isLoopback } from "../host-name.ts";
import { httpError } from "../operation/http-errors.ts";
import type { StreamKeys } from "./stream-keys.ts";

declare module "fastify" {
  interface FastifyInstance {
    streamGate: StreamGate;
  }
}

/** Maximum number of streams that the desk's own generator opens from this machine, per process. */
export const MAX_GENERATOR_STREAMS = 2_000;

/** Decides which requests may open a stream. */
export class StreamGate {
  readonly #keys: StreamKeys;
  readonly #sessions: EndedSessions;
  #generatorStreams = 0;

  constructor(keys: StreamKeys, sessions: EndedSessions) {
    this.#keys = keys;
    this.#sessions = sessions;
  }

  /**
   * Call it right before the stream opens, and call the returned function when the stream has ended. Throws 401 if the
   * user has signed out since the request was authenticated, and 429 if the generator has too many streams. If a user
   * has too many, Sluice refuses the stream.
   */
  enter({ raw, identity }: FastifyRequest): () => void {
    if (this.#sessions.has(identity)) throw new AuthError("invalid");
    const { user } = identity;
    const isGenerator = user === GENERATOR_USER.id && isLoopback(raw.socket.remoteAddress ?? "");
    if (isGenerator && this.#generatorStreams >= MAX_GENERATOR_STREAMS)
      throw httpError(429, `The generator already has ${MAX_GENERATOR_STREAMS} open streams.`);
    this.#keys.set(raw, isGenerator ? undefined : user);
    if (!isGenerator) return () => undefined;
    this.#generatorStreams++;
    return () => void this.#generatorStreams--;
  }
}
