import { inProcess } from "../support/runtimes/in-process.ts";
import { streamContract } from "./support/stream-contract.ts";

streamContract(inProcess, 10);
