import { checkBoolean, checkFunction, checkNames } from "../../base/checks/check-option.ts";
import { checkTimeout } from "../time-limit.ts";
import { checkScripts, type Script, ScriptedServer } from "./scripted-server.ts";

/** Options of {@link startScriptedServer}. */
export interface ScriptedServerOptions {
  /** Answers the first requests: the first script the first request, and so on. Default: none. */
  readonly scripts?: readonly Script[];
  /** Answers all further requests. Default: none; each then waits until `server.next()` returns it. */
  readonly otherwise?: Script;
  /** Listens on a free port of 127.0.0.1. `false`: only `server.fetch` reaches the server. Default: `true`. */
  readonly sockets?: boolean;
  /** Lets pages of other origins read the answers, also with credentials, and answers preflights. Default: `false`. */
  readonly cors?: boolean;
  /** Limits the time of `next()` and `gone()`, in ms. `Infinity`: no limit. Default: 4,000. */
  readonly timeout?: number;
}

/**
 * Starts a server for tests of clients. It answers real HTTP exactly as the test says: sends, stalls, cuts, redirects.
 * Scripts answer requests in turn; other requests wait for `next()`, and the test answers them step by step.
 *
 * ```ts
 * await using server = await startScriptedServer({
 *   scripts: [(connection) => connection.answer(503, { retryAfter: 1 })],
 * });
 * const client = openClient(server.url);
 * const connection = await server.next();
 * await connection.send("id: 7\ndata: hello\n\ndata: unfini");
 * connection.cut();
 * expect((await server.next()).lastEventId).toBe("7");
 * ```
 *
 * @throws {SluiceError} `INVALID_OPTION`, also if the runtime has no `node:http` and `sockets` is not `false`.
 */
export async function startScriptedServer(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  checkNames("startScriptedServer", options, ["scripts", "otherwise", "sockets", "cors", "timeout"]);
  const { scripts = [], otherwise } = options;
  checkScripts("scripts", scripts);
  checkFunction("otherwise", otherwise);
  const sockets = checkBoolean("sockets", options.sockets, true);
  const cors = checkBoolean("cors", options.cors, false);
  const server = new ScriptedServer({ scripts, otherwise, sockets, cors, timeout: checkTimeout(options.timeout) });
  await server.start();
  return server;
}
