import { http1Carrier } from "./node-carriers.ts";
import { transportContract } from "./transport-contract.ts";

transportContract(http1Carrier({ name: "HTTP/1.0", version: "1.0" }));
