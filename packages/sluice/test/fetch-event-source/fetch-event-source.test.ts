import { callbackContract } from "./support/callback-contract.ts";
import { MICROSOFT, SLUICE } from "./support/implementations.ts";
import { requestContract } from "./support/request-contract.ts";

// The contract is the README of the Microsoft package, so that package must fulfil it too.
callbackContract("sluice/fetch-event-source", SLUICE);
callbackContract("@microsoft/fetch-event-source", MICROSOFT);
requestContract("sluice/fetch-event-source", SLUICE);
requestContract("@microsoft/fetch-event-source", MICROSOFT);
