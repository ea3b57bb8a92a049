/** A bare loop of XADD over the same client, which pipelines the commands of one event-loop turn. */
import { createClient } from "redis";
import { ENTRY, servePublisher } from "./serve-publisher.mjs";

/** `maxLength`: number of entries to keep, by an approximate MAXLEN; default, all. */
const { options, maxLength } = JSON.parse(process.argv[2] ?? "{}");
const client = createClient(options);
await client.connect();
const trim = maxLength === undefined ? [] : ["MAXLEN", "~", String(maxLength)];

servePublisher(() => client.sendCommand(["XADD", "orders", ...trim, "*", "event", ENTRY]));
