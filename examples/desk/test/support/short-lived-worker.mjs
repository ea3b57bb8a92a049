// A worker that says it listens, and ends at once.
process.send({ type: "ready" });
process.once("message", () => process.send({ type: "listening" }, () => process.exit(3)));
