// @ts-check
/**
 * Preloaded (`node --import`) into a program under test. The program listens on a free port of 127.0.0.1 instead of its
 * own, and this module sends the address to the parent process.
 */
import { Server } from "node:net";

const listen = Server.prototype.listen;

/** @this {Server} @param {any[]} args */
Server.prototype.listen = function (...args) {
  this.once("listening", () => process.send?.(this.address()));
  const callback = args.find((arg) => typeof arg === "function");
  return listen.call(this, { port: 0, host: "127.0.0.1" }, callback);
};
