// @ts-check
/** The page docs/options.md: every option of the package with its default. */
import { join } from "node:path";
import { ROOT } from "../programs/programs.mjs";
import { optionsOf, readInterfaces } from "./interfaces.mjs";

const SOURCES = join(ROOT, "packages/sluice/src");

/** @typedef {import("./page.d.mts").Section} Section */

/** The page's sections, in order; `options` names the interface. @type {readonly Section[]} */
export const SECTIONS = [
  { title: "createSluice", call: "createSluice(options)", from: "sluice", options: "SluiceOptions" },
  { title: "stream", call: "sluice.stream(request, response, source, options)", options: "StreamOptions" },
  {
    title: "shortStreams of stream",
    call: "sluice.stream(request, response, source, { shortStreams })",
    options: "ShortStreamOptions",
  },
  { title: "channel", call: "sluice.channel(name, options)", options: "ChannelOptions" },
  { title: "publish", call: "channel.publish(type, data, options)", options: "PublishOptions" },
  { title: "subscribe", call: "channel.subscribe(options)", options: "SubscribeOptions" },
  { title: "combine", call: "sluice.combine(parts, options)", options: "CombineOptions" },
  { title: "history", call: "channel.history(options)", options: "HistoryOptions" },
  { title: "jobs", call: "sluice.jobs(name, options)", options: "JobsOptions" },
  { title: "start", call: "jobs.start(run, options)", options: "StartOptions" },
  {
    title: "user of a call on jobs",
    call: "jobs.get(id, options), jobs.cancel(id, options), jobs.progress(id, options)",
    options: "JobUserOptions",
  },
  { title: "drain", call: "sluice.drain(options)", options: "DrainOptions" },
  { title: "stats", call: "sluice.stats(options)", options: "StatsOptions" },
  { title: "memoryLog", call: "memoryLog()", from: "sluice" },
  { title: "lmdbLog", call: "lmdbLog(options)", from: "sluice/lmdb", options: "LmdbLogOptions" },
  { title: "redisLog", call: "redisLog(options)", from: "sluice/redis", options: "RedisLogOptions" },
  { title: "natsLog", call: "natsLog(options)", from: "sluice/nats", options: "NatsLogOptions" },
  { title: "createAuth", call: "createAuth(options)", from: "sluice/auth", options: "AuthOptions" },
  { title: "tickets of createAuth", call: "createAuth({ tickets })", from: "sluice/auth", options: "TicketOptions" },
  {
    title: "sluiceMetrics",
    call: "sluiceMetrics(sluice, options)",
    from: "sluice/metrics",
    options: "SluiceMetricsOptions",
  },
  {
    title: "Fastify and NestJS",
    call: "sluiceFastify, SluiceModule.forRoot(options)",
    from: "sluice/fastify, sluice/nest",
    options: "DrainingAdapterOptions",
  },
  {
    title: "Other adapters",
    call: "sluiceKoa(options), sluiceHono(options), sluiceH3(options)",
    from: "sluice/koa, sluice/hono, sluice/h3",
    options: "AdapterOptions",
  },
  { title: "createParser", call: "createParser(options)", from: "sluice/protocol", options: "ParserOptions" },
  {
    title: "parseEventStream",
    call: "parseEventStream(source, options)",
    from: "sluice/protocol",
    options: "ParseEventStreamOptions",
  },
  {
    title: "EventSource",
    call: "new EventSource(url, options)",
    from: "sluice/client",
    options: "EventSourceOptions",
  },
  {
    title: "openEventStream",
    call: "openEventStream(url, options)",
    from: "sluice/client",
    options: "EventStreamOptions",
  },
  {
    title: "fetchEventSource",
    call: "fetchEventSource(input, options)",
    from: "sluice/fetch-event-source",
    options: "FetchEventSourceOptions",
  },
  {
    title: "readEventStream",
    call: "readEventStream(from, options)",
    from: "sluice/testing",
    options: "ReadEventStreamOptions",
  },
  { title: "collect", call: "collect(source, until, options)", from: "sluice/testing", options: "CollectOptions" },
  {
    title: "startScriptedServer",
    call: "startScriptedServer(options)",
    from: "sluice/testing",
    options: "ScriptedServerOptions",
  },
  { title: "open of a script", call: "connection.open(head)", from: "sluice/testing", options: "ScriptedHead" },
  { title: "send of a script", call: "connection.send(data, pace)", from: "sluice/testing", options: "ScriptedPace" },
  {
    title: "answer of a script",
    call: "connection.answer(status, answer)",
    from: "sluice/testing",
    options: "ScriptedAnswer",
  },
];

const INTRODUCTION = `# Options

Every option with its default. This page is made from the doc comments by \`npm run docs:options\`; do not edit it.

If an option does not exist or its value is invalid, the call throws \`INVALID_OPTION\`. Times are in ms and sizes in
bytes unless an option says otherwise.
`;

/** Returns the text of docs/options.md. */
export function optionsPage() {
  const interfaces = readInterfaces(SOURCES);
  const contents = SECTIONS.map(({ title }) => `- [${title}](#${anchor(title)})`).join("\n");
  const sections = SECTIONS.map((section) => sectionText(interfaces, section));
  return [INTRODUCTION, contents, ...sections, ""].join("\n");
}

/** Returns the options, as `Interface.option`, whose comment states neither a default nor that they are required. */
export function optionsWithoutDefault() {
  const interfaces = readInterfaces(SOURCES);
  return SECTIONS.flatMap(({ options: name }) =>
    name === undefined
      ? []
      : optionsOf(interfaces, name).flatMap((option) =>
          option.default === undefined ? [`${name}.${option.name}`] : [],
        ),
  );
}

/**
 * @param {ReturnType<typeof readInterfaces>} interfaces
 * @param {Section} section
 */
function sectionText(interfaces, { title, call, from, options }) {
  const entries = from?.split(", ").map((name) => `\`${name}\``);
  const calls = call.split(/, (?=\w+[.(])/).map((text) => `\`${text}\``);
  const heading = `\n## ${title}\n\n${calls.join(", ")}${entries === undefined ? "" : ` of ${entries.join(", ")}`}\n`;
  if (options === undefined) return `${heading}\nNo options.`;
  const rows = optionsOf(interfaces, options).map(
    ({ name, type, meaning, default: value = "" }) =>
      `| \`${name}\` | ${code(type)} | ${cell(value)} | ${cell(meaning)} |`,
  );
  return [heading, "| option | type | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

/** @param {string} title */
function anchor(title) {
  return title.toLowerCase().replaceAll(" ", "-");
}

/** @param {string} type */
function code(type) {
  return `\`${type.replaceAll("|", "\\|")}\``;
}

/** @param {string} text */
function cell(text) {
  return text.replace(/\{@link (\w+)\}/g, "`$1`").replaceAll("|", "\\|");
}
