import { fetchHttp2 } from "../adapters/support/fetch-http2.ts";
import { commandOf } from "./support/command-of.ts";
import { runtimeContract } from "./support/runtime-contract.ts";

const node = [process.execPath];
const newest = commandOf("node-newest");
const bun = commandOf("bun");
const deno = commandOf("deno", "run", "--no-config", "--allow-net");

runtimeContract("node:http of this Node", { command: node, program: "node-http.mjs" });
runtimeContract("node:http2 of this Node", { command: node, program: "node-http2.mjs", connect: fetchHttp2 });
runtimeContract("node:http of the newest Node", { command: newest, program: "node-http.mjs" });
runtimeContract("node:http2 of the newest Node", { command: newest, program: "node-http2.mjs", connect: fetchHttp2 });
runtimeContract("Bun.serve", { command: bun, program: "bun-serve.mjs" });
runtimeContract("node:http of Bun", { command: bun, program: "node-http.mjs" });
runtimeContract("Hono on Bun", { command: bun, program: "bun-hono.mjs" });
runtimeContract("Deno.serve", {
  command: deno,
  program: "deno-serve.mjs",
  // Deno writes this once to every program that listens to the signal of a request.
  notice: /^Deno\.serve: request\.signal aborts on successful responses .*\n/m,
});
runtimeContract("node:http of Deno", { command: deno, program: "node-http.mjs" });
