/**
 * Makes everything that a program makes at the top level of a module, while the globals throw that the global scope of
 * a Cloudflare Worker does not have. Prints the calls, and whether a channel works afterwards.
 */
const wait = setTimeout;
const used = [];
const restored = [];

function forbid(owner, name) {
  const original = owner[name];
  const forbidden = () => {
    const line = new Error().stack.split("\n").find((text) => text.includes("/dist/")) ?? "";
    used.push(`${name}: ${line.trim()}`);
    throw new Error(`Disallowed operation called within global scope: ${name}`);
  };
  Object.defineProperty(owner, name, { value: forbidden, configurable: true, writable: true });
  restored.push(() => Object.defineProperty(owner, name, { value: original, configurable: true, writable: true }));
}

for (const name of ["setTimeout", "setInterval", "setImmediate", "fetch", "AbortController", "Response", "Request"])
  forbid(globalThis, name);
forbid(Math, "random");
forbid(performance, "now");
forbid(crypto, "randomUUID");
forbid(crypto, "getRandomValues");
forbid(AbortSignal, "timeout");

const { createAuth } = await import("../../../dist/auth/index.js");
await createAuth({ secret: "a secret of at least 32 characters", cookie: "session" });

// jose constructs a date, which does no harm: a Worker has one that stands still.
forbid(globalThis, "Date");

const { createSluice, memoryLog, sharedSluice } = await import("../../../dist/index.js");
const sluice = sharedSluice("app", () => createSluice({ log: memoryLog(), maxConnections: 10 }));
const news = sluice.channel("news", { retain: { events: 10, age: 60_000 } });
const latest = sluice.channel("prices", { latestBy: (event) => event.type });
const jobs = sluice.jobs("exports");
news.subscribe({ topics: ["a"] });
latest.subscribe({ initial: "latest" });
jobs.progress("unknown");
sluice.health();
sluice.stats();
// Timers and promises that were started would run within some turns.
for (let i = 0; i < 20; i++) await new Promise((resolve) => wait(resolve, 5));

for (const restore of restored) restore();
const id = await news.publish("posted", 1);
const { result } = jobs.start(() => "done");
const works = /-1$/.test(id) && (await result) === "done" && sluice.connections().length === 0;
console.log(JSON.stringify({ used: [...new Set(used)], works }));
await sluice.close();
