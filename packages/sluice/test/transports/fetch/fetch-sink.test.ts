import { fetchCarrier } from "../support/fetch-carrier.ts";
import { transportContract } from "../support/transport-contract.ts";

transportContract(fetchCarrier);
