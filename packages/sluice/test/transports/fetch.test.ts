import { fetchCarrier } from "./fetch-carrier.ts";
import { transportContract } from "./transport-contract.ts";

transportContract(fetchCarrier);
