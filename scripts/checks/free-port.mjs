// @ts-check
/**
 * Preloaded (`node --import`) into a program under test: the program listens on a free port of 127.0.0.1, whichever port
 * it names, and sends the address to its parent process.
 */
import { Server } from "node:net";

const listen = Server.prototype.listen;

/** @this {Server} @param {any[]} args */
Server.prototype.listen = function (...args) {
  this.once("listening", () => process.send?.(this.address()));
  const callback = args.find((arg) => typeof arg === "function");
  return listen.call(this, { port: 0, host: "127.0.0.1" }, callback);
};
