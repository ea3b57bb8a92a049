import { allRuntimes } from "../support/runtimes/all.ts";
import { faultsContract } from "./support/faults-contract.ts";

for (const kind of allRuntimes()) faultsContract(kind, kind.name.endsWith("Node") ? 1 : 10);
