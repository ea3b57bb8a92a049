import { handingOn, throughAStream } from "./middlewares.ts";
import { http1Carrier } from "./node-carriers.ts";
import { transportContract } from "./transport-contract.ts";

transportContract(
  http1Carrier({ name: "HTTP/1.1 behind a middleware that hands on what is written", middleware: handingOn }),
);
transportContract(http1Carrier({ name: "HTTP/1.1 behind a middleware with a buffer", middleware: throughAStream }));
