import { allRuntimes } from "../support/runtimes/all.ts";
import { streamContract } from "./support/stream-contract.ts";

for (const kind of allRuntimes()) streamContract(kind, kind.name.endsWith("Node") ? 1 : 10);
