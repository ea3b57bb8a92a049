import { afterEach, beforeEach, expect } from "vitest";
import type { Jobs } from "../../../src/index.ts";
import { NodesWorld, type TestNode } from "../../cluster/support/nodes-world.ts";
import { until } from "../../support/until.ts";

/** Name of the channel of {@link jobsOf}. */
export const CHANNEL = "jobs:exports";

/** The nodes of a test, which share a log. */
export interface JobNodesOfTest {
  readonly world: NodesWorld;
  readonly a: TestNode;
  readonly b: TestNode;
}

/** Makes two nodes before each test, hands them to `use`, and closes them after the test. */
export function useTwoNodes(use: (nodes: JobNodesOfTest) => void): void {
  let world: NodesWorld;
  beforeEach(async () => {
    world = new NodesWorld();
    use({ world, a: await world.node(), b: await world.node() });
  });
  afterEach(() => world.close());
}

/** Returns the jobs of a node. */
export const jobsOf = ({ sluice }: TestNode): Jobs<number, { url: string }> => sluice.jobs("exports");

/** A job that the test controls. */
export interface SteeredJob {
  readonly id: string;
  readonly result: Promise<{ url: string }>;
  finish(): void;
  progress(value: number): Promise<void>;
  signal(): AbortSignal;
}

/** Starts a job that the test controls on a node. */
export async function steered(node: TestNode, options: { user?: string; id?: string } = {}): Promise<SteeredJob> {
  let finish!: () => void;
  let progress!: (value: number) => Promise<void>;
  let signal!: AbortSignal;
  const { id, result, published } = jobsOf(node).start((context) => {
    progress = context.progress;
    signal = context.signal;
    return new Promise<{ url: string }>((resolve, reject) => {
      finish = () => resolve({ url: "/file" });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }, options);
  result.catch(() => undefined);
  await published;
  await expect.poll(() => progress).toBeDefined();
  return { id, result, finish: () => finish(), progress: (n: number) => progress(n), signal: () => signal };
}

/** Resolves when a node has beaten, and has done its work after that beat. */
export async function nextBeat(node: TestNode): Promise<void> {
  // The second beat from now comes after all work that follows the first.
  const enough = node.beats().appended + 2;
  await until("the node has beaten", () => node.beats().appended >= enough);
}
