import { resolve } from "node:path";
import { expect, test } from "vitest";
import { FlagError, type Flags, readFlags } from "../../server/flags.ts";
import { showLogChoice } from "../../server/log/log-choice.ts";

function flagsOf(args: string[], env: Record<string, string> = {}): Flags {
  const flags = readFlags(args, env);
  if (flags === "help") throw new Error("No help was asked for.");
  return flags;
}

test("without flags the desk is one process, with its log in memory", () => {
  expect(flagsOf([])).toMatchObject({ port: 8_080, workers: 1, log: { kind: "memory" } });
});

test.each([
  ["lmdb:/var/desk", { kind: "lmdb", path: resolve("/var/desk") }],
  ["redis://127.0.0.1:6379", { kind: "redis", url: "redis://127.0.0.1:6379" }],
  ["rediss://user:p%40ss@redis.example/2", { kind: "redis", url: "rediss://user:p%40ss@redis.example/2" }],
  ["nats://127.0.0.1:4222", { kind: "nats", servers: ["nats://127.0.0.1:4222"] }],
  ["nats://a:4222,tls://b:4222", { kind: "nats", servers: ["nats://a:4222", "tls://b:4222"] }],
])("--log %s is understood, and so is SLUICE_LOG", (text, log) => {
  expect(flagsOf(["--log", text]).log).toEqual(log);
  expect(flagsOf([], { SLUICE_LOG: text }).log).toEqual(log);
  expect(flagsOf(["--log", "memory"], { SLUICE_LOG: text }).log).toEqual({ kind: "memory" });
});

test("a folder is meant from where the command was typed, which npm leaves", () => {
  expect(flagsOf(["--log", "lmdb:./data"], { INIT_CWD: "/work-of-ada" }).log).toEqual({
    kind: "lmdb",
    path: resolve("/work-of-ada/data"),
  });
});

test.each(["", "lmdb:", "disk", "redis:", "redis://", "http://127.0.0.1", "nats://a,redis://b", "redis://a,redis://b"])(
  "--log %j is refused, and what it takes is said",
  (text) => {
    expect(() => flagsOf(["--log", text])).toThrow(FlagError);
    expect(() => flagsOf(["--log", text])).toThrow("--log (SLUICE_LOG) must be memory, lmdb:<folder>, redis://…");
  },
);

test.each([
  ["--log", "mongodb://ada:hunter2@db"],
  ["--log", "redis://ada:hunter2,@127.0.0.1:port"],
  ["--log", "nats://ada:hunter2@a,redis://b"],
  ["redis://ada:hunter2@127.0.0.1"],
  ["--workers", "2", "redis://ada:hun ter2@127.0.0.1"],
])("a password is not repeated to the one who mistyped: %j", (...args) => {
  let message = "";
  try {
    readFlags(args, {});
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain("Error");
  expect(message).not.toMatch(/hunter2|ter2/);
});

test("what is shown of a log has no password", () => {
  for (const text of ["redis://ada:hunter2@h:1/2", "nats://ada:hunter2@a:1,nats://ada:hunter2@b:2"]) {
    const shown = showLogChoice(flagsOf(["--log", text]).log);
    expect(shown).not.toContain("hunter2");
    expect(shown).toMatch(/@h:1\/2|@a:1,.*@b:2/);
  }
});

test("several workers need a log that they can share", () => {
  expect(() => flagsOf(["--workers", "2"])).toThrow("Choose one with --log lmdb:./data");
  expect(flagsOf(["--workers", "2", "--log", "lmdb:x"]).workers).toBe(2);
  for (const number of ["0", "65", "1.5", "many"]) {
    expect(() => flagsOf(["--workers", number, "--log", "lmdb:x"])).toThrow(
      "--workers must be a whole number from 1 to 64",
    );
  }
});
