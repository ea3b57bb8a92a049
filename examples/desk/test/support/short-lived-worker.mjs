// A worker that reports that it listens, and exits at once.
process.send({ type: "ready" });
process.once("message", () => process.send({ type: "listening" }, () => process.exit(3)));
