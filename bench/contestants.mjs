/**
 * A server program and how its subscribers come to it.
 * @typedef {object} Contestant
 * @property {string} name as its users know it
 * @property {string} program in `servers/`
 * @property {object} [options] the program's
 * @property {import("./pair.mjs").Connecting} [connecting]
 */

/** Those that are compared, in the order of their figures. @type {readonly Contestant[]} */
export const CONTESTANTS = [
  { name: "control", program: "control" },
  { name: "sluice", program: "sluice" },
  { name: "better-sse", program: "better-sse" },
  { name: "@fastify/sse", program: "fastify-sse" },
  { name: "hono", program: "hono" },
  {
    name: "sluice, compress: true",
    program: "sluice",
    options: { compress: true },
    connecting: { headers: { "accept-encoding": "gzip" }, compressed: true },
  },
];
