export { AuthError } from "./auth-error.ts";
export type { AuthOptions, TicketOptions } from "./auth-options.ts";
export { type Auth, createAuth } from "./create-auth.ts";
export type { AuthRequest } from "./credential.ts";
export type { Identity } from "./identity.ts";
