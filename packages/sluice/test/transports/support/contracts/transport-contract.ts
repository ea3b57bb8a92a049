import { describe } from "vitest";
import type { Carrier } from "../carriers/carrier.ts";
import { combinedContract } from "./combined-contract.ts";
import { flowContract } from "./flow-contract.ts";
import { headContract } from "./head-contract.ts";
import { refusalContract } from "./refusal-contract.ts";
import { refusedHeadContract } from "./refused-head-contract.ts";
import { refusedStreamContract } from "./refused-stream-contract.ts";
import { shortContract } from "./short-contract.ts";
import { sourceContract } from "./source-contract.ts";
import { vanishContract } from "./vanish-contract.ts";

/** The contract of a transport, tested on real connections. */
export function transportContract(carrier: Carrier): void {
  describe(`a stream over ${carrier.name}`, () => {
    headContract(carrier);
    refusalContract(carrier);
    refusedHeadContract(carrier);
    refusedStreamContract(carrier);
    sourceContract(carrier);
    flowContract(carrier);
    combinedContract(carrier);
    shortContract(carrier);
    vanishContract(carrier);
  });
}
