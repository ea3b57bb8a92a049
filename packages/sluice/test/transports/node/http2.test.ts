import { http2Carrier } from "../support/carriers/http2-carrier.ts";
import { transportContract } from "../support/contracts/transport-contract.ts";

transportContract(http2Carrier);
