export type { ParsedEvent } from "../protocol/parser.ts";
export { type Collectable, type Collected, type CollectOptions, collect } from "./collect.ts";
export { EventStreamReader } from "./event-stream-reader.ts";
export { type ReadEventStreamOptions, readEventStream } from "./read-event-stream.ts";
export {
  type ScriptedAnswer,
  ScriptedConnection,
  type ScriptedHead,
  type ScriptedPace,
} from "./server/scripted-connection.ts";
export { type Script, ScriptedServer } from "./server/scripted-server.ts";
export { type ScriptedServerOptions, startScriptedServer } from "./server/start-scripted-server.ts";
