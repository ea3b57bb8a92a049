/** Publishes on a channel of a log, with all defaults: the channel keeps 10,000 events. */
import { createSluice } from "sluice";
import { openLog } from "../logs/open-log.mjs";
import { servePublisher, TEXT, TYPE } from "./serve-publisher.mjs";

const log = await openLog(JSON.parse(process.argv[2] ?? "{}"));
const channel = createSluice({ log }).channel("orders");
await channel.position();

servePublisher(() => channel.publish(TYPE, TEXT));
