import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../src/auth/index.ts";
import { type CloseReason, createSluice } from "../../src/index.ts";
import { SECRET, token } from "./support/guarded-server.ts";

/** Opens a server that authenticates in its handler, or, at `/in-source`, in the source of its stream. */
async function openServer() {
  const auth = await createAuth({ secret: SECRET });
  const sluice = createSluice();
  const news = sluice.channel("news");
  const ended: CloseReason[] = [];
  const server = createServer(async (req, res) => {
    const url = new URL(req.url ?? "", "http://localhost");
    if (url.pathname === "/in-source") {
      await sluice.stream(req, res, async () => {
        await auth.authenticate(req);
        return news.subscribe();
      });
    } else {
      const { user, expiresAt } = await auth.authenticate(req);
      ended.push(await sluice.stream(req, res, news.subscribe(), { expiresAt, subscriber: { user } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    await sluice.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { auth, base, ended, sluice, [Symbol.asyncDispose]: close };
}

describe("an event stream", () => {
  it("ends when its credential expires", async () => {
    await using server = await openServer();
    const expiresAt = Date.now() + 1_000;
    const ticket = server.auth.issueTicket({ user: "ada", claims: {}, expiresAt });
    const response = await fetch(`${server.base}/?ticket=${ticket}`);
    expect(server.sluice.connections().map(({ subscriber }) => subscriber)).toEqual([{ user: "ada" }]);
    await response.text();
    expect(server.ended).toEqual(["expired"]);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt - 10);
  });

  it("is answered with 401 and the challenge if its source refuses the credential", async () => {
    await using server = await openServer();
    const refused = await fetch(`${server.base}/in-source`, { headers: { authorization: "Bearer abc" } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="sluice", error="invalid_token"');
    expect(await refused.text()).toBe("The credential is not valid.");
  });

  it("is opened if its source accepts the credential", async () => {
    await using server = await openServer();
    const headers = { authorization: `Bearer ${await token()}` };
    const accepted = await fetch(`${server.base}/in-source`, { headers });
    expect(accepted.headers.get("content-type")).toBe("text/event-stream");
    await accepted.body?.cancel();
  });
});
