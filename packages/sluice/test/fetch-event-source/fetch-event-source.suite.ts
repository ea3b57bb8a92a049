import { allRuntimes } from "../client/support/runtimes/all.ts";
import { runtimeContract } from "./support/runtime-contract.ts";

for (const kind of allRuntimes()) runtimeContract(kind, kind.name.endsWith("Node") ? 1 : 10);
