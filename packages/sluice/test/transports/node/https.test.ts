import { http1Carrier } from "../support/node-carriers.ts";
import { transportContract } from "../support/transport-contract.ts";

transportContract(http1Carrier({ name: "HTTPS", tls: true }));
