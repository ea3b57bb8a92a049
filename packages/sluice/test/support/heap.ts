import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turns } from "./turns.ts";

let collect: (() => void) | undefined;

/** Bytes of the heap that are in use, once all that can be collected is. */
export async function usedHeap(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  // What finalizers let go of is collected by the next one.
  for (let i = 0; i < 4; i++) {
    collect();
    await turns(3);
  }
  return process.memoryUsage().heapUsed;
}
