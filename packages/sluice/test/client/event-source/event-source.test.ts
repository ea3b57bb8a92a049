import { inProcess } from "../support/runtimes/in-process.ts";
import { eventSourceContract } from "./support/event-source-contract.ts";

eventSourceContract(inProcess);
