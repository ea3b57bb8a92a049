import "reflect-metadata";
import type { Server } from "node:http";
import {
  type ArgumentsHost,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Inject,
  UseInterceptors,
} from "@nestjs/common";
import { APP_FILTER, NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { catchError, map, mergeMap, of } from "rxjs";
import { describe, expect, it } from "vitest";
import { EventStream, SluiceModule } from "../../../src/adapters/nest.ts";
import { createSluice, type Sluice } from "../../../src/index.ts";
import type { TestServer } from "../support/adapter-contract.ts";
import { HandFed } from "../support/hand-fed.ts";
import { served } from "../support/listen.ts";
import { type TurnSetup, turnContract } from "../support/turn-contract.ts";

type Platform = () => ExpressAdapter;
const PLATFORMS: [string, Platform][] = [
  ["Express", () => new ExpressAdapter()],
  ["Fastify", () => new FastifyAdapter() as never],
];

async function start(sluice: Sluice, controller: object, platform: Platform, providers: object[] = []) {
  class Application {}
  const imports = [SluiceModule.forRoot({ sluice, drain: false })];
  const root = { module: Application, imports, controllers: [controller], providers } as never;
  const app: INestApplication = await NestFactory.create(root, platform(), { logger: false });
  await app.listen(0, "127.0.0.1");
  return served(app.getHttpServer() as Server, () => app.close());
}

const startTurn =
  (platform: Platform) =>
  (setup: TurnSetup): Promise<TestServer> => {
    class Late {
      intercept(context: ExecutionContext, next: CallHandler) {
        const setLate = async () => {
          await setup.late();
          context.switchToHttp().getResponse().header("x-late", "1");
        };
        // The result becomes an object, as with many interceptors.
        return next.handle().pipe(
          mergeMap(setLate),
          map((data) => ({ data })),
        );
      }
    }
    @Controller()
    @UseInterceptors(Late)
    class StreamController {
      @Inject("setup") readonly setup!: TurnSetup;

      @Get()
      @EventStream({ onClose: setup.onClose })
      stream() {
        return this.setup.source();
      }
    }
    return start(setup.sluice, StreamController, platform, [{ provide: "setup", useValue: setup }]);
  };

for (const [name, platform] of PLATFORMS) turnContract(`NestJS 11 on ${name}`, startTurn(platform));

describe.each(PLATFORMS)("an error of the source on NestJS, on %s", (_, platform) => {
  async function answerTo(error: unknown, providers: object[] = [], interceptors: object[] = []) {
    @Controller()
    @UseInterceptors(...(interceptors as never[]))
    class FailingController {
      @Get()
      @EventStream()
      stream() {
        return () => Promise.reject(error);
      }
    }
    const sluice = createSluice({ onError: () => undefined });
    const server = await start(sluice, FailingController, platform, providers);
    const response = await server.fetch("/");
    const answer = [response.status, await response.json()];
    await server.close();
    return answer;
  }

  it("keeps the status and the body of an HttpException", async () => {
    const error = new HttpException({ reason: "tea" }, 418);
    expect(await answerTo(error)).toEqual([418, { reason: "tea" }]);
  });

  it("keeps its `status`, which Nest does not know, and hides the message of a 5xx", async () => {
    const gone = Object.assign(new Error("Gone."), { status: 410 });
    expect(await answerTo(gone)).toEqual([410, { statusCode: 410, message: "Gone." }]);
    const failed = Object.assign(new Error("secret"), { status: 503 });
    expect(await answerTo(failed)).toEqual([503, { statusCode: 503, message: "Service Unavailable" }]);
  });

  it("is answered with 500 if it has no status", async () => {
    expect(await answerTo(new Error("secret"))).toMatchObject([500, { message: "Internal server error" }]);
  });

  it("reaches an exception filter as it was thrown, and the interceptors before that", async () => {
    const error = new TypeError("no");
    const received: unknown[] = [];
    const filter = {
      catch: (thrown: unknown, host: ArgumentsHost) => {
        received.push(thrown);
        host.switchToHttp().getResponse().status(422).send({ filtered: true });
      },
    };
    class Watch {
      intercept(_context: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(
          catchError((thrown) => {
            received.push(thrown);
            throw thrown;
          }),
        );
      }
    }
    expect(await answerTo(error, [{ provide: APP_FILTER, useValue: filter }], [Watch])).toEqual([
      422,
      { filtered: true },
    ]);
    expect(received).toEqual([error, error]);
  });

  it("may be turned into an answer by an interceptor", async () => {
    class Recover {
      intercept(_context: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(catchError(() => of({ recovered: true })));
      }
    }
    expect(await answerTo(new Error("no"), [], [Recover])).toEqual([200, { recovered: true }]);
  });
});

describe.each(PLATFORMS)("an interceptor of NestJS, on %s", (_, platform) => {
  it("that sets a header after the method ends no stream, however many there were before", async () => {
    class Tap {
      intercept(context: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(map(() => context.switchToHttp().getResponse().header("x-tapped", "1") && undefined));
      }
    }
    @Controller()
    @UseInterceptors(Tap)
    class FedController {
      @Get()
      @EventStream()
      stream() {
        return new HandFed<unknown>();
      }
    }
    const sluice = createSluice();
    const server = await start(sluice, FedController, platform);
    for (const count of [1, 2, 3]) {
      const response = await server.fetch("/");
      expect([response.status, response.headers.get("x-tapped")]).toEqual([200, "1"]);
      expect(sluice.stats().streams).toBe(count);
    }
    await sluice.drain({ timeout: 0 });
    await server.close();
  });
});
