import { http2Carrier } from "./http2-carrier.ts";
import { transportContract } from "./transport-contract.ts";

transportContract(http2Carrier);
