import { http2Carrier } from "../support/http2-carrier.ts";
import { transportContract } from "../support/transport-contract.ts";

transportContract(http2Carrier);
