import { http1Carrier } from "./node-carriers.ts";
import { transportContract } from "./transport-contract.ts";

transportContract(http1Carrier({ name: "HTTPS", tls: true }));
