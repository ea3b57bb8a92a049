import type { FastifyInstance, FastifyReply } from "fastify";
import { type Auth, AuthError } from "sluice/auth";
import type { NewSession, Session, UserList } from "../../wire/session.ts";
import { badRequest } from "../operation/http-errors.ts";
import { ERROR_RESPONSE } from "../operation/openapi.ts";
import type { EndedSessions } from "./ended-sessions.ts";
import type { TokenIssuer } from "./tokens.ts";
import { findUser, nameOf, USERS } from "./users.ts";

/** The cookie that carries the token. `EventSource` cannot set request headers, but it sends cookies. */
export const SESSION_COOKIE = "desk_session";

const USER = {
  type: "object",
  properties: { id: { type: "string" }, name: { type: "string" } },
  required: ["id", "name"],
} as const;

/** Options of {@link sessionRoutes}. */
export interface SessionRoutesOptions {
  readonly auth: Auth;
  readonly tokens: TokenIssuer;
  readonly sessions: EndedSessions;
}

/**
 * Adds the routes to sign in and out. Browsers get the token in an `HttpOnly` cookie, programs in the response body.
 */
export function sessionRoutes(app: FastifyInstance, { auth, tokens, sessions }: SessionRoutesOptions): void {
  app.get(
    "/api/users",
    { schema: { tags: ["session"], summary: "List the demo users", response: { 200: listOf(USER) } } },
    (): UserList => ({ users: USERS }),
  );

  app.post<{ Body: { userId: string } }>(
    "/api/session",
    {
      schema: {
        tags: ["session"],
        summary: "Sign in as a demo user",
        body: { type: "object", required: ["userId"], properties: { userId: { type: "string" } } },
        response: {
          200: {
            type: "object",
            properties: { user: USER, token: { type: "string" }, expiresAt: { type: "number" } },
          },
          400: ERROR_RESPONSE,
        },
      },
    },
    async ({ body }, reply): Promise<NewSession> => {
      const user = findUser(body.userId);
      if (user === undefined) throw badRequest(`userId must be one of: ${USERS.map(({ id }) => id).join(", ")}.`);
      const { token, expiresAt } = await tokens.issue(user.id);
      setCookie(reply, token, Math.ceil(tokens.lifetimeMs / 1_000));
      return { user, token, expiresAt };
    },
  );

  app.get(
    "/api/session",
    {
      schema: {
        tags: ["session"],
        summary: "Get the signed-in user",
        response: {
          200: { type: "object", properties: { user: USER, expiresAt: { type: "number" } } },
          401: ERROR_RESPONSE,
        },
      },
    },
    async (request): Promise<Session> => {
      const { user, expiresAt } = await auth.authenticate(request);
      return { user: { id: user, name: nameOf(user) }, expiresAt };
    },
  );

  app.delete(
    "/api/session",
    {
      schema: {
        tags: ["session"],
        summary: "Sign out: end the session's streams, and make its token and tickets invalid",
        response: { 204: { type: "null" } },
      },
    },
    async (request, reply) => {
      setCookie(reply, "", 0);
      const { authorization, cookie } = request.headers;
      // A request may carry two tokens. Both sessions end.
      for (const credential of [{ headers: { authorization }, url: request.url }, { headers: { cookie } }]) {
        const identity = await auth.authenticate(credential).catch(ignoreAuthError);
        if (identity !== undefined) await sessions.end(identity);
      }
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/session/ticket",
    {
      schema: {
        tags: ["session"],
        summary: "Issue a ticket that opens one event stream (?ticket=)",
        response: { 200: { type: "object", properties: { ticket: { type: "string" } } }, 401: ERROR_RESPONSE },
      },
    },
    async (request) => ({ ticket: auth.issueTicket(await auth.authenticate(request)) }),
  );
}

/** Signing out without a valid session is no error. */
function ignoreAuthError(error: unknown): undefined {
  if (!(error instanceof AuthError)) throw error;
}

function setCookie(reply: FastifyReply, value: string, maxAge: number): void {
  // `SameSite=Strict` prevents requests from other sites. Over plain HTTP, a browser would not send a `Secure` cookie.
  const flags = `Path=/; HttpOnly; SameSite=Strict${reply.request.protocol === "https" ? "; Secure" : ""}`;
  reply.header("set-cookie", `${SESSION_COOKIE}=${value}; ${flags}; Max-Age=${maxAge}`);
}

function listOf(items: object): object {
  return { type: "object", properties: { users: { type: "array", items } } };
}
