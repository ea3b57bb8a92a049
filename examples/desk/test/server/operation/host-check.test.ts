import { connect } from "node:net";
import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

/** Sends a request with these header lines, and resolves to the status and the text of the answer. */
function rawRequest(port: number, path: string, headers: readonly string[], method = "GET"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    const text = [`${method} ${path} HTTP/1.1`, ...headers, "connection: close", "", ""].join("\r\n");
    // A stream does not end by itself. Its head is enough.
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      answer += chunk;
      if (answer.includes("text/event-stream")) socket.destroy();
    });
    socket.on("error", reject).on("close", () => resolve(answer));
    socket.write(text);
  });
}

async function statusOf(port: number, path: string, host: string, headers: readonly string[] = []): Promise<number> {
  const answer = await rawRequest(port, path, [`host: ${host}`, ...headers]);
  return Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]);
}

it.each([
  "localhost",
  "LOCALHOST:80",
  "localhost.",
  "desk.localhost:8080",
  "127.0.0.1",
  "127.8.9.1:1",
  "[::1]:8080",
  "[::ffff:127.0.0.1]",
])("serves requests for the loopback host %s", async (host) => {
  const { port } = await startDesk();
  expect(await statusOf(port, "/health/live", host)).toBe(200);
});

it.each([
  "evil.example",
  "evil.example:8080",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "127.0.0.1@evil.example",
  "evil.example@127.0.0.1",
  "evil.example/localhost",
  "evillocalhost",
  "0.0.0.0",
  "10.0.0.1",
  "[::]",
  "[fe80::1]",
  "localhost:80:80",
  "localhost, evil.example",
  "",
])("refuses requests for the host %j", async (host) => {
  const { port } = await startDesk();
  expect(await statusOf(port, "/health/live", host)).toBe(421);
});

it("refuses another host on every route: files, API, streams, operation, and unknown paths", async () => {
  const { port, url } = await startDesk();
  const { token } = await ApiClient.signIn(url, "ada");
  const authorization = `authorization: Bearer ${token}`;
  const paths = [
    "/",
    "/index.html",
    "/icon.svg",
    "/nothing",
    "/api/users",
    "/api/session",
    "/api/orders",
    "/api/orders/stream",
    "/api/orders/stream/reliable",
    "/api/notifications/stream",
    "/api/dashboard/stream",
    "/api/stream",
    "/api/exports/x/progress",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
  ];
  for (const path of paths) {
    const status = await statusOf(port, path, "rebound.example", [authorization]);
    expect([path, status]).toEqual([path, 421]);
  }
  for (const method of ["POST", "DELETE", "HEAD", "OPTIONS", "PUT"]) {
    const answer = await rawRequest(port, "/api/session", ["host: rebound.example", authorization], method);
    expect([method, answer.slice(0, 12)]).toEqual([method, "HTTP/1.1 421"]);
  }
});

it("says how to allow a host, and does not sign in", async () => {
  const { port } = await startDesk();
  const body = '{"userId":"ada"}';
  const headers = ["host: rebound.example", "content-type: application/json", `content-length: ${body.length}`];
  const answer = await rawRequest(port, "/api/session", [...headers, "", body], "POST");
  expect(answer).toContain("--allow-host");
  expect(answer).not.toContain("set-cookie");
  expect(answer).not.toContain("rebound.example");
});

it("serves the hosts that it was started with, on any port and in any case", async () => {
  const { port } = await startDesk({ allowHosts: ["Desk.example", "fd00::1", "192.168.7.1", "bücher.example"] });
  const served = ["desk.example", "DESK.EXAMPLE:443", "[fd00:0::1]:80", "192.168.7.1:8080", "xn--bcher-kva.example"];
  for (const host of served) expect([host, await statusOf(port, "/health/live", host)]).toEqual([host, 200]);
  const refused = ["www.desk.example", "desk.example.evil", "192.168.7.2"];
  for (const host of refused) expect([host, await statusOf(port, "/health/live", host)]).toEqual([host, 421]);
});
