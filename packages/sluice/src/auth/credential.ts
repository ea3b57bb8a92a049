import { AuthError } from "./auth-error.ts";

/** A request of the Fetch API, `node:http`, Express, Fastify, Koa or NestJS, as far as authentication reads it. */
export interface AuthRequest {
  readonly headers: { get(name: string): string | null } | Readonly<Record<string, unknown>>;
  /** Path and query, or an absolute URL. */
  readonly url?: string | undefined;
}

/** The credential of a request. */
export type Credential = { readonly token: string } | { readonly ticket: string };

/** Name of the query parameter that carries a ticket. */
export const TICKET_PARAMETER = "ticket";

/**
 * Returns the first credential of a request, valid or not: the `Authorization` header, else the ticket, else the
 * cookie. A browser sends cookies by itself, so a credential that the page chose to send takes precedence.
 *
 * @throws {AuthError} if there is no credential, or if the header is malformed
 */
export function findCredential(request: AuthRequest, cookie: string | undefined): Credential {
  const authorization = header(request, "authorization");
  if (authorization !== undefined && /^bearer\b/i.test(authorization)) {
    // [spec] credentials = "Bearer" 1*SP b64token (RFC 6750, section 2.1; the scheme in any case: RFC 9110, section
    // 11.1)
    const token = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
    if (token === undefined) throw new AuthError("invalid");
    return { token };
  }
  const ticket = queryParameter(request.url ?? "", TICKET_PARAMETER);
  if (ticket !== undefined) return { ticket };
  const token = cookie === undefined ? undefined : cookieValue(header(request, "cookie") ?? "", cookie);
  if (token !== undefined) return { token };
  throw new AuthError("missing");
}

function header({ headers }: AuthRequest, name: string): string | undefined {
  const value = typeof headers.get === "function" ? headers.get(name) : (headers as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

function queryParameter(url: string, name: string): string | undefined {
  const path = url.split("#", 1)[0] as string;
  const query = path.indexOf("?");
  return query === -1 ? undefined : (new URLSearchParams(path.slice(query)).get(name) ?? undefined);
}

/**
 * Returns the first cookie of that name, or `undefined` if it is missing or empty. A browser sends the cookie with the
 * longest path first (RFC 6265, section 5.4).
 */
function cookieValue(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(";")) {
    const equals = pair.indexOf("=");
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    // [spec] cookie-value = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )
    const value = pair.slice(equals + 1).trim();
    return value.replace(/^"(.*)"$/, "$1") || undefined;
  }
  return undefined;
}
