import { allRuntimes } from "../support/runtimes/all.ts";
import { eventSourceContract } from "./support/event-source-contract.ts";

for (const kind of allRuntimes()) eventSourceContract(kind);
