import { buffering, passingThrough } from "../support/middlewares.ts";
import { http1Carrier } from "../support/node-carriers.ts";
import { transportContract } from "../support/transport-contract.ts";

transportContract(
  http1Carrier({ name: "HTTP/1.1 behind a middleware that passes writes through", middleware: passingThrough }),
);
transportContract(http1Carrier({ name: "HTTP/1.1 behind a middleware with a buffer", middleware: buffering }));
