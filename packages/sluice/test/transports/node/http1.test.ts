import { http1Carrier } from "../support/carriers/node-carriers.ts";
import { transportContract } from "../support/contracts/transport-contract.ts";

transportContract(http1Carrier({ name: "HTTP/1.1" }));
