import { fetchCarrier } from "../support/carriers/fetch-carrier.ts";
import { transportContract } from "../support/contracts/transport-contract.ts";

transportContract(fetchCarrier);
