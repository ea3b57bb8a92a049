import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turns } from "./turns.ts";

let collect: (() => void) | undefined;

/** Collects garbage, and returns the bytes of the heap in use. */
export async function usedHeap(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  // Objects that finalizers release are collected by the next pass.
  for (let i = 0; i < 4; i++) {
    collect();
    await turns(3);
  }
  return process.memoryUsage().heapUsed;
}

/** Returns the growth of the heap, in bytes, for each of the `count` units that `act` makes. */
export async function heapGrowthPerUnit(count: number, act: () => Promise<unknown>): Promise<number> {
  const before = await usedHeap();
  await act();
  return ((await usedHeap()) - before) / count;
}
