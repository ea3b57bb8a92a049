import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { makeCertificate } from "../../server/tls/self-signed.ts";
import { DeskCommand } from "../support/desk-command.ts";
import { closeBrowser, openPage } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

afterAll(closeBrowser);

/** Sends requests on one session of HTTP/2. */
function openSession(url: string, ca?: string) {
  const session = connect(url, ca === undefined ? { rejectUnauthorized: false } : { ca });
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body = "") => {
    const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: body === "" });
    stream.on("error", () => undefined);
    if (body !== "") stream.end(body);
    const [answered] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status": number }];
    return { stream, status: answered[":status"], headers: answered };
  };
  return { session, send };
}

/** Sends a request on HTTP/1.1, and resolves to its status and its text. */
async function getOverHttp1(url: string): Promise<[status: number | undefined, text: string]> {
  const sent = request(url, { rejectUnauthorized: false }).end();
  const [response] = await once(sent, "response");
  return [response.statusCode, await text(response)];
}

describe("the desk with --https", () => {
  it("serves HTTP/2 and HTTP/1.1 with a certificate of its own, and places orders", async () => {
    const command = DeskCommand.forTest("--port", "0", "--https", "--generator", "20", "--log-level", "silent");
    const url = await command.url();
    expect(url).toMatch(/^https:/);
    expect(command.output).toContain("The certificate was made for this start.");
    expect(await getOverHttp1(`${url}/health/live`)).toEqual([200, expect.stringContaining("ok")]);

    const { session, send } = openSession(url);
    const signedIn = await send("POST", "/api/session", { "content-type": "application/json" }, '{"userId":"ada"}');
    expect(signedIn.headers["set-cookie"]).toEqual([expect.stringContaining("; Secure")]);
    const { token } = JSON.parse(await text(signedIn.stream)) as { token: string };
    const orders = await send("GET", "/api/orders/stream", { authorization: `Bearer ${token}` });
    expect([session.alpnProtocol, orders.status]).toEqual(["h2", 200]);
    let received = "";
    orders.stream.setEncoding("utf8").on("data", (bytes: string) => {
      received += bytes;
    });
    await expect.poll(() => received.match(/^event: orders$/gm)?.length ?? 0).toBeGreaterThan(3);

    command.process.kill("SIGTERM");
    expect(await command.ended).toBe(0);
    expect(command.output).toContain("ending 1 open stream.");
    expect(received).toMatch(/\nretry: \d+\n\n$/);
    await expect.poll(() => session.destroyed).toBe(true);
  });

  it("allows a thousand streams on a connection, where Chromium would stop at a hundred", async () => {
    const { url } = await startDesk({ certificate: makeCertificate(["127.0.0.1"]) });
    const { session } = openSession(url);
    const [settings] = await once(session, "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(1_000);
  });

  it("takes a certificate and its key from files", async () => {
    const folder = await temporaryFolder();
    const { cert, key } = makeCertificate(["127.0.0.1"]);
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    const flags = ["--port", "0", "--cert", certFile, "--key", keyFile, "--log-level", "silent"];
    const command = DeskCommand.forTest(...flags);
    const { send } = openSession(await command.url(), cert);
    expect((await send("GET", "/health/live")).status).toBe(200);
    expect(command.output).not.toContain("The certificate was made for this start.");
  });

  it("shares its certificate among several workers", async () => {
    const folder = await temporaryFolder();
    const flags = ["--port", "0", "--https", "--workers", "2", "--log", `lmdb:${folder}`, "--log-level", "silent"];
    const url = await DeskCommand.forTest(...flags).url();
    const fingerprints = new Set<string>();
    const workers = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const sent = request(`${url}/health/live`, { rejectUnauthorized: false, agent: false }).end();
      const [response] = await once(sent, "response");
      workers.add(response.headers["x-worker"]);
      fingerprints.add(response.socket.getPeerCertificate().fingerprint256);
      await text(response);
    }
    expect([workers.size, fingerprints.size]).toEqual([2, 1]);
  });

  it("shows its page over HTTP/2, with a hundred streams on the page's one connection", async () => {
    const { url, desk } = await startDesk({ certificate: makeCertificate(["127.0.0.1"]) });
    let sessions = 0;
    desk.app.server.on("session", () => sessions++);
    const page = await openPage(url, { ignoreHTTPSErrors: true });
    const before = desk.sluice.stats().streams;
    const opened = 100 - before;
    await page.evaluate((length) => {
      const path = "/api/orders/stream/reliable";
      Object.assign(globalThis, { sources: Array.from({ length }, () => new EventSource(path)) });
    }, opened);
    await expect.poll(() => desk.sluice.stats().streams).toBe(100);
    expect(await page.evaluate(() => fetch("/health/live").then(({ status }) => status))).toBe(200);
    expect(sessions).toBe(1);
  });
});

it.each([
  [["--cert", "/no/such/file.pem"], "--cert and --key need each other."],
  [["--cert", "/no/such/file.pem", "--key", "/no/such/file.pem"], "/no/such/file.pem"],
])("refuses the flags %j with the reason", async (args, message) => {
  const command = DeskCommand.forTest(...args);
  expect(await command.ended).toBe(1);
  expect(command.output).toContain(message);
});
