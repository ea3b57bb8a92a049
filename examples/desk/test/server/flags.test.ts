import { resolve } from "node:path";
import { expect, it } from "vitest";
import { FlagError, type Flags, readFlags } from "../../server/flags.ts";
import { showLogChoice } from "../../server/log/log-choice.ts";

function flagsOf(args: string[], env: Record<string, string> = {}): Flags {
  const flags = readFlags(args, env);
  if (flags === "help") throw new Error("Expected flags, got help.");
  return flags;
}

it("defaults to one process with a memory log on port 8080", () => {
  expect(flagsOf([])).toMatchObject({ port: 8_080, workers: 1, log: { kind: "memory" } });
});

it.each([
  ["lmdb:/var/desk", { kind: "lmdb", path: resolve("/var/desk") }],
  ["redis://127.0.0.1:6379", { kind: "redis", url: "redis://127.0.0.1:6379" }],
  ["rediss://user:p%40ss@redis.example/2", { kind: "redis", url: "rediss://user:p%40ss@redis.example/2" }],
  ["nats://127.0.0.1:4222", { kind: "nats", servers: ["nats://127.0.0.1:4222"] }],
  ["nats://a:4222,tls://b:4222", { kind: "nats", servers: ["nats://a:4222", "tls://b:4222"] }],
])("accepts --log %s, and the same in SLUICE_LOG", (text, log) => {
  expect(flagsOf(["--log", text]).log).toEqual(log);
  expect(flagsOf([], { SLUICE_LOG: text }).log).toEqual(log);
  expect(flagsOf(["--log", "memory"], { SLUICE_LOG: text }).log).toEqual({ kind: "memory" });
});

it("resolves a folder from the user's directory, which npm passes in INIT_CWD", () => {
  expect(flagsOf(["--log", "lmdb:./data"], { INIT_CWD: "/work-of-ada" }).log).toEqual({
    kind: "lmdb",
    path: resolve("/work-of-ada/data"),
  });
});

it.each(["", "lmdb:", "disk", "redis:", "redis://", "http://127.0.0.1", "nats://a,redis://b", "redis://a,redis://b"])(
  "refuses --log %j and lists the valid values",
  (text) => {
    expect(() => flagsOf(["--log", text])).toThrow(FlagError);
    expect(() => flagsOf(["--log", text])).toThrow("--log (SLUICE_LOG) must be memory, lmdb:<folder>, redis://…");
  },
);

it.each([
  ["--log", "mongodb://ada:hunter2@db"],
  ["--log", "redis://ada:hunter2,@127.0.0.1:port"],
  ["--log", "nats://ada:hunter2@a,redis://b"],
  ["redis://ada:hunter2@127.0.0.1"],
  ["--workers", "2", "redis://ada:hun ter2@127.0.0.1"],
])("does not print the password of a mistyped log: %j", (...args) => {
  let message = "";
  try {
    readFlags(args, {});
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain("Error");
  expect(message).not.toMatch(/hunter2|ter2/);
});

it("shows a log without its password", () => {
  for (const text of ["redis://ada:hunter2@h:1/2", "nats://ada:hunter2@a:1,nats://ada:hunter2@b:2"]) {
    const shown = showLogChoice(flagsOf(["--log", text]).log);
    expect(shown).not.toContain("hunter2");
    expect(shown).toMatch(/@h:1\/2|@a:1,.*@b:2/);
  }
});

it("collects the names of --allow-host, and refuses ports, addresses of pages and patterns", () => {
  expect(flagsOf([]).allowHosts).toEqual([]);
  const names = ["desk.example", "192.168.7.1", "fd00::1", "[fd00::2]"];
  expect(flagsOf(names.flatMap((name) => ["--allow-host", name])).allowHosts).toEqual(names);
  for (const name of [
    "",
    " ",
    "desk.example:8080",
    "[::1]:80",
    "http://desk.example",
    "*.example",
    "a@b",
    "a b",
    "a/b",
  ])
    expect(() => flagsOf(["--allow-host", name])).toThrow(FlagError);
});

it("refuses several workers on the memory log, and a number of workers out of range", () => {
  expect(() => flagsOf(["--workers", "2"])).toThrow("Choose a shared log, such as --log lmdb:./data");
  expect(flagsOf(["--workers", "2", "--log", "lmdb:x"]).workers).toBe(2);
  for (const number of ["0", "65", "1.5", "many"]) {
    expect(() => flagsOf(["--workers", number, "--log", "lmdb:x"])).toThrow(
      "--workers must be a whole number from 1 to 64",
    );
  }
});
