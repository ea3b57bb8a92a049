import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { type Auth, type AuthError, createAuth } from "../../../src/auth/index.ts";

export const SECRET: string = "a secret of the tests, thirty-two bytes or more";

/** An answer of the server. */
export interface Answer {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly body: string;
}

/** A real HTTP server that answers with the identity of the sender, or with the error. */
export interface GuardedServer extends AsyncDisposable {
  readonly auth: Auth;
  /** Errors of authentication, newest last. */
  readonly errors: Error[];
  get(path: string, headers?: Record<string, string | string[]>): Promise<Answer>;
  /** Sends the token in the `Authorization` header. */
  getWith(token: string): Promise<Answer>;
}

export async function guardedServer(options: Parameters<typeof createAuth>[0]): Promise<GuardedServer> {
  const auth = await createAuth(options);
  const errors: Error[] = [];
  const server = createServer(async (req, res) => {
    try {
      res.end(JSON.stringify(await auth.authenticate(req)));
    } catch (thrown) {
      const error = thrown as AuthError;
      errors.push(error);
      res.writeHead(error.status ?? 500, error.headers).end(error.status ? error.message : "");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const get: GuardedServer["get"] = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => (body += text));
        const { statusCode = 0, headers } = response;
        response.on("end", () => resolve({ status: statusCode, challenge: headers["www-authenticate"], body }));
      });
      sent.on("error", reject).end();
    });
  return {
    auth,
    errors,
    get,
    getWith: (token) => get("/", { authorization: `Bearer ${token}` }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Returns a token for `ada` that `SECRET` signs and that expires in an hour. The options change this. */
export async function token({
  key = new TextEncoder().encode(SECRET) as Parameters<SignJWT["sign"]>[0],
  alg = "HS256",
  kid = undefined as string | undefined,
  claims = {} as Record<string, unknown>,
} = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub: "ada", iat: now, exp: now + 3600, ...claims };
  const defined = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return new SignJWT(defined).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(key);
}
