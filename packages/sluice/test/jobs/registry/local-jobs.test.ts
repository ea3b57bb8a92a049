import { jobsContract } from "../support/jobs-contract.ts";

jobsContract("jobs on a log of this process");
