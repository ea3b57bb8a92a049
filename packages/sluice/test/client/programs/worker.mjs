/** A dedicated worker that runs scenarios: it receives `{ source, argument }`, and posts the result. */
import * as client from "../../../dist/client/index.js";
import { runScenario } from "./recorder.mjs";

globalThis.onmessage = async ({ data: { source, argument } }) =>
  postMessage(await runScenario(client, source, argument));
postMessage("ready");
