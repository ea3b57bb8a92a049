/** A loop of XADD by the same client, which pipelines what is sent in one turn. */
import { createClient } from "redis";
import { ENTRY, servePublisher } from "./bench-publisher.mjs";

/** `maxLength`: keep so many entries, as cheaply as Redis can; absent: all. */
const { options, maxLength } = JSON.parse(process.argv[2] ?? "{}");
const client = createClient(options);
await client.connect();
const trim = maxLength === undefined ? [] : ["MAXLEN", "~", String(maxLength)];

servePublisher(() => client.sendCommand(["XADD", "orders", ...trim, "*", "event", ENTRY]));
