import { createSluice, type ErrorContext, type Log, type Sluice } from "../../../src/index.ts";

/** A failure that a node reported. */
export interface Report {
  readonly error: Error;
  readonly context: ErrorContext;
}

/** A node with two channels that it has published to. */
export interface TestNode extends AsyncDisposable {
  readonly sluice: Sluice;
  readonly reports: readonly Report[];
}

const NODE_TIMEOUT_MS = 400;

export async function nodeOf(log: Log): Promise<TestNode> {
  const reports: Report[] = [];
  const onError = (error: unknown, context: ErrorContext) => void reports.push({ error: error as Error, context });
  const sluice = createSluice({ log, nodeTimeout: NODE_TIMEOUT_MS, onError });
  for (const name of ["orders", "news"]) await sluice.channel(name).publish("n", 1);
  // The cluster's own channels must be open too.
  await sluice.channel("orders").presence();
  return { sluice, reports, [Symbol.asyncDispose]: () => sluice.close() };
}
