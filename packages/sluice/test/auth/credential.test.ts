import { describe, expect, it } from "vitest";
import { findCredential } from "../../src/auth/credential.ts";
import { guardedServer, SECRET, token } from "./support/guarded-server.ts";

describe("a cookie", () => {
  const inCookie = (cookie: string, name = "session") => findCredential({ headers: { cookie } }, name);

  it.each([
    ["session=abc", "abc"],
    ["a=1; session=abc; b=2", "abc"],
    ["a=1;session=abc", "abc"],
    ['session="abc"', "abc"],
    ["session=a=b==", "a=b=="],
    ["session=first; session=second", "first"],
    ["sessions=no; xsession=no; session=abc", "abc"],
    ["junk; ; =; session = abc ", "abc"],
  ])("is found in %j", (cookie, token) => {
    expect(inCookie(cookie)).toEqual({ token });
  });

  it.each(["", "a=session=abc", "Session=abc", "session", "session=", 'session=""', "session[]=abc"])(
    "is not found in %j",
    (cookie) => {
      expect(() => inCookie(cookie)).toThrow("Authentication is required.");
    },
  );

  it("may have the name of a property of every object", () => {
    expect(() => inCookie("a=1", "__proto__")).toThrow("Authentication is required.");
    expect(inCookie("__proto__=abc", "__proto__")).toEqual({ token: "abc" });
  });

  it("carries the token of a real request", async () => {
    await using server = await guardedServer({ secret: SECRET, cookie: "session" });
    expect((await server.get("/", { cookie: `theme=dark; session=${await token()}` })).status).toBe(200);
    expect((await server.get("/", { cookie: "session=forged" })).status).toBe(401);
  });

  it("is not read without the option `cookie`", async () => {
    await using server = await guardedServer({ secret: SECRET });
    expect(await server.get("/", { cookie: `session=${await token()}` })).toMatchObject({
      challenge: 'Bearer realm="sluice"',
    });
  });
});

describe("several credentials", () => {
  const headers = { authorization: "Bearer header", cookie: "session=cookie" };

  it("are tried in this order: header, ticket, cookie", () => {
    expect(findCredential({ headers, url: "/?ticket=t" }, "session")).toEqual({ token: "header" });
    expect(findCredential({ headers: { cookie: "session=cookie" }, url: "/?ticket=t" }, "session")).toEqual({
      ticket: "t",
    });
  });

  it("are refused if the first is invalid, even if the next is valid", async () => {
    await using server = await guardedServer({ secret: SECRET, cookie: "session" });
    const cookie = `session=${await token()}`;
    expect((await server.get("/", { cookie, authorization: "Bearer" })).status).toBe(401);
    expect((await server.get("/", { cookie, authorization: "Bearer abc" })).status).toBe(401);
    expect((await server.get("/?ticket=abc", { cookie })).status).toBe(401);
  });

  it("do not include a header of another scheme, such as one for a proxy", () => {
    expect(findCredential({ headers: { ...headers, authorization: "Basic YTpi" } }, "session")).toEqual({
      token: "cookie",
    });
  });
});

describe("a ticket in the query", () => {
  it.each([
    ["/orders?ticket=t", "t"],
    ["/orders?lastEventId=a-1&ticket=t#top", "t"],
    ["http://localhost/orders?ticket=t&x=1", "t"],
    ["//?ticket=t", "t"],
    ["/?ticket=", ""],
  ])("is found in %s", (url, ticket) => {
    expect(findCredential({ headers: new Headers(), url }, undefined)).toEqual({ ticket });
  });

  it.each(["/ticket=t", "/#?ticket=t", "/?Ticket=t", "/?a=ticket=t", "%%%", ""])("is not found in %s", (url) => {
    expect(() => findCredential({ headers: new Headers(), url }, undefined)).toThrow("Authentication is required.");
  });
});
