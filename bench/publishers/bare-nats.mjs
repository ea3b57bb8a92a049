/** A bare loop of JetStream's `publish`. Its stream has the limits of natsLog's: file storage, 10,000 events. */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { ENTRY, servePublisher } from "./serve-publisher.mjs";

const { options } = JSON.parse(process.argv[2] ?? "{}");
const connection = await connect(options);
const manager = await jetstreamManager(connection);
await manager.streams.add({ name: "bare", subjects: ["bare.>"], storage: "file", max_msgs: 10_000 });
const js = jetstream(connection);

servePublisher(() => js.publish("bare.e", ENTRY));
