/**
 * A server program, and how subscribers connect to it.
 * @typedef {object} ComparedServer
 * @property {string} name name of the library, as its users know it
 * @property {string} program path of a file from `servers/`, without `.mjs`
 * @property {object} [options] options of the program
 * @property {import("./processes/server-under-load.mjs").ConnectOptions} [connectOptions]
 */

/** The servers that `fanout` and `idle` compare, in the order of their figures. @type {readonly ComparedServer[]} */
export const COMPARED_SERVERS = [
  { name: "control", program: "control" },
  { name: "Sluice", program: "sluice" },
  { name: "better-sse", program: "better-sse" },
  { name: "@fastify/sse", program: "../peers/fastify-sse" },
  { name: "Hono", program: "hono" },
  {
    name: "Sluice, compress: true",
    program: "sluice",
    options: { compress: true },
    connectOptions: { headers: { "accept-encoding": "gzip" }, compressed: true },
  },
];
