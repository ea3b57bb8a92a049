import { SluiceError } from "./sluice-error.ts";

/**
 * Thrown when a call may succeed later. A request whose source function throws it is answered with 503 and
 * `Retry-After`. Express, Fastify, Koa and NestJS answer so too: some read `status`, others `statusCode`.
 */
export class RetryLaterError extends SluiceError {
  readonly status = 503;
  readonly statusCode = 503;
  readonly headers: Readonly<Record<string, string>> = { "retry-after": "2" };
}
