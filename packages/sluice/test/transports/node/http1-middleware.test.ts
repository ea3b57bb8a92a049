import { http1Carrier } from "../support/carriers/node-carriers.ts";
import { transportContract } from "../support/contracts/transport-contract.ts";
import { buffering, passingThrough } from "../support/middlewares.ts";

transportContract(
  http1Carrier({ name: "HTTP/1.1 behind a middleware that passes writes through", middleware: passingThrough }),
);
transportContract(http1Carrier({ name: "HTTP/1.1 behind a middleware with a buffer", middleware: buffering }));
