import { FastifyAdapter } from "@nestjs/platform-fastify";
import "reflect-metadata";
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  type INestApplication,
  Inject,
  NotFoundException,
  Param,
  Req,
  Res,
  UnauthorizedException,
  UseGuards,
  UseInterceptors,
} from "@nestjs/common";
import { APP_FILTER, NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { NEVER, of, tap } from "rxjs";
import { afterEach, describe, expect, it } from "vitest";
import { EventStream, SluiceModule, type SluiceModuleOptions } from "../../src/adapters/nest.ts";
import { createSluice, Sluice } from "../../src/index.ts";
import { readEventStream } from "../support/patient-testing.ts";
import { ParkedSource } from "../support/sources.ts";
import {
  adapterContract,
  COOKIES,
  HANDLED,
  LATE,
  ORIGIN,
  type Route,
  type ServerSetup,
  type TestServer,
} from "./support/adapter-contract.ts";
import { served } from "./support/listen.ts";

/** Applies parameter decorators without their syntax, which Biome parses only if an option allows it. */
const Parameters =
  (...decorators: ParameterDecorator[]): MethodDecorator =>
  (target, name) => {
    for (const [index, decorate] of decorators.entries()) decorate(target, name, index);
  };

type Class = new (...args: never[]) => object;

async function start(
  imports: unknown[],
  controller: Class,
  { providers = [] as unknown[], platform = undefined as unknown } = {},
): Promise<TestServer> {
  class Application {}
  const root = { module: Application, imports, controllers: [controller], providers } as never;
  const app: INestApplication = await NestFactory.create(root, (platform ?? new ExpressAdapter()) as ExpressAdapter, {
    logger: false,
  });
  await app.listen(0, "127.0.0.1");
  return served(app.getHttpServer() as Server, () => app.close());
}

/** An interceptor that sets a header after the method. */
class SetLate {
  intercept(context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(tap(() => context.switchToHttp().getResponse().header(LATE, "1")));
  }
}

function routeController(): Class {
  @Controller()
  @UseInterceptors(SetLate)
  class RouteController {
    @Inject("routes") readonly routes!: ServerSetup["routes"];

    @Get(":name/:id")
    @Header("access-control-allow-origin", ORIGIN)
    @EventStream((request) => request.streamOptions)
    @Parameters(Param("name"), Param("id"), Req(), Res({ passthrough: true }))
    stream(name: string, id: string, request: object, reply: { header(name: string, values: string[]): void }) {
      reply.header("set-cookie", [...COOKIES]);
      const { source, options = {} } = (this.routes[name] as Route)(id);
      Object.assign(request, { streamOptions: options });
      return source;
    }
  }
  return RouteController;
}

/** An exception filter that answers on both platforms. */
const answerAsText = {
  catch(error: Error & { status?: number }, host: ArgumentsHost) {
    const response = host.switchToHttp().getResponse();
    response.header(HANDLED, "1").header(LATE, "1").header("content-type", "text/plain");
    response.status(error.status ?? 500).send(error.message);
  },
};

const startRoutes = ({ sluice, routes }: ServerSetup, platform?: unknown) =>
  start([SluiceModule.forRoot({ sluice, drain: { pace: 0 } })], routeController(), {
    providers: [
      { provide: "routes", useValue: routes },
      { provide: APP_FILTER, useValue: answerAsText },
    ],
    platform,
  });

adapterContract("NestJS 11 on Express", startRoutes, { drainsOnClose: true });

adapterContract("NestJS 11 on Fastify", (setup) => startRoutes(setup, new FastifyAdapter()), { drainsOnClose: true });

describe("@EventStream() of Nest", () => {
  const sluice = createSluice();
  const channel = sluice.channel("news");
  const events: string[] = [];
  const parked = new ParkedSource();
  let server: TestServer;
  afterEach(() => server.close());

  class MembersOnly implements CanActivate {
    canActivate(context: ExecutionContext) {
      return context.switchToHttp().getRequest().headers.authorization === "member";
    }
  }
  class Log {
    intercept(_context: ExecutionContext, next: CallHandler) {
      return next
        .handle()
        .pipe(tap({ next: (value) => events.push(`next ${value}`), complete: () => events.push("complete") }));
    }
  }

  @Controller()
  @UseInterceptors(Log)
  class NewsController {
    @Get("news")
    @UseGuards(MembersOnly)
    @EventStream(() => ({ subscriber: { user: "ada" } }))
    news() {
      return channel.subscribe();
    }

    @Get("logged")
    @EventStream()
    async logged() {
      return channel.subscribe();
    }

    @Get("over")
    @EventStream()
    over() {
      return null;
    }

    @Get("missing")
    @EventStream()
    missing() {
      throw new NotFoundException("No such paper.");
    }

    @Get("observable")
    @EventStream()
    observable() {
      return of(1, 2, 3);
    }

    @Get("later-observable")
    @EventStream()
    async laterObservable() {
      return of(1, 2, 3);
    }

    @Get("never-observable")
    @EventStream()
    @UseGuards(MembersOnly)
    neverObservable() {
      return NEVER;
    }

    @Get("forgotten")
    @EventStream()
    forgotten() {}

    @Get("awaited/:user")
    @EventStream(async ({ params: { user } }) => {
      if (user === "eve") throw new UnauthorizedException();
      return { subscriber: { user } };
    })
    awaited() {
      return parked;
    }
  }

  const startNews = (options: Partial<SluiceModuleOptions> = {}, providers: unknown[] = []) =>
    start([SluiceModule.forRoot({ sluice, drain: false, ...options })], NewsController, { providers });

  it("runs guards before it opens a stream", async () => {
    server = await startNews();
    expect((await server.fetch("/news")).status).toBe(403);
    const response = await server.fetch("/news", { headers: { authorization: "member" } });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  });

  it("computes the options of each stream from its request", async () => {
    server = await startNews();
    await using _stream = await readEventStream(await server.fetch("/news", { headers: { authorization: "member" } }));
    expect(sluice.connections()).toMatchObject([{ subscriber: { user: "ada" }, channel: "news" }]);
  });

  it("awaits options, and releases the source if they fail", async () => {
    server = await startNews();
    expect((await server.fetch("/awaited/eve")).status).toBe(401);
    expect(parked).toMatchObject({ pulls: 0, returned: 1 });
    await using _stream = await readEventStream(await server.fetch("/awaited/ada"));
    expect(sluice.connections()).toMatchObject([{ subscriber: { user: "ada" } }]);
  });

  it("leaves an error of the method to the exception filters", async () => {
    server = await startNews();
    const response = await server.fetch("/missing");
    expect([response.status, await response.json()]).toMatchObject([404, { message: "No such paper." }]);
  });

  it("answers 204 for null, and 500 for a value that is not a source", async () => {
    server = await startNews();
    const statuses = ["/over", "/forgotten", "/observable"].map(async (path) => (await server.fetch(path)).status);
    expect(await Promise.all(statuses)).toEqual([204, 500, 500]);
  });

  it.each(["/observable", "/later-observable", "/never-observable"])(
    "names Observables in the error of a method that returns one, for %s",
    async (path) => {
      const messages: unknown[] = [];
      const filter = {
        catch: (error: Error, host: ArgumentsHost) => {
          messages.push(error.message);
          host.switchToHttp().getResponse().status(500).end();
        },
      };
      server = await startNews({}, [{ provide: APP_FILTER, useValue: filter }]);
      const response = await server.fetch(path, { headers: { authorization: "member" } });
      expect(response.status).toBe(500);
      expect(messages).toEqual([expect.stringContaining("must not return an Observable")]);
    },
  );

  it("keeps the guards of a method under its own decorator", async () => {
    server = await startNews();
    expect((await server.fetch("/never-observable")).status).toBe(403);
  });

  it("completes for its interceptors when the stream is open", async () => {
    server = await startNews();
    events.length = 0;
    await using stream = await readEventStream(await server.fetch("/logged"));
    await channel.publish("edition", 1);
    expect((await stream.next()).data).toBe("1");
    expect(events).toEqual(["next undefined", "complete"]);
  });
});

describe("SluiceModule of Nest", () => {
  it("throws in forRoot() if an option is wrong", () => {
    const sluice = createSluice();
    expect(() => SluiceModule.forRoot({} as never)).toThrow("SluiceModule: `sluice` must be a Sluice");
    expect(() => SluiceModule.forRoot({ sluice, drian: false } as never)).toThrow("there is no option `drian`");
    expect(() => SluiceModule.forRoot({ sluice, drain: { timeout: "1s" } as never })).toThrow("`drain.timeout`");
  });

  it("takes its options from a factory, and provides the Sluice to other classes", async () => {
    const sluice = createSluice();

    @Controller()
    class StatsController {
      @Inject(Sluice) readonly sluice!: Sluice;

      @Get("stats")
      stats() {
        return this.sluice.stats();
      }
    }
    const config = { provide: "config", useValue: { sluice } };
    class Config {}
    const server = await start(
      [
        SluiceModule.forRootAsync({
          imports: [{ module: Config, providers: [config], exports: ["config"] }],
          inject: ["config"],
          useFactory: async ({ sluice }: { sluice: Sluice }) => ({ sluice }),
        }),
      ],
      StatsController,
    );
    expect(await (await server.fetch("/stats")).json()).toMatchObject({ streams: 0 });
    await server.close();
    expect(sluice.health().status).toBe("draining");
  });

  describe.each([
    { name: "Express", newPlatform: () => new ExpressAdapter() },
    { name: "Fastify", newPlatform: () => new FastifyAdapter() },
  ])("on $name", ({ newPlatform }) => {
    async function startIdle(sluice: Sluice) {
      class Application {}
      const root = { module: Application, imports: [SluiceModule.forRoot({ sluice, drain: { timeout: 60_000 } })] };
      const app = await NestFactory.create(root as never, newPlatform() as ExpressAdapter, { logger: false });
      await app.listen(0, "127.0.0.1");
      return app;
    }

    it("does not keep the application from closing by a connection that has sent nothing", async () => {
      const app = await startIdle(createSluice());
      const server = app.getHttpServer() as Server;
      const silent = connect((server.address() as AddressInfo).port, "127.0.0.1");
      await once(server, "connection");
      const closed = once(silent, "close");
      await app.close();
      await closed;
      expect(server.listening).toBe(false);
    });

    it("closes an application that does not listen", async () => {
      class Application {}
      const sluice = createSluice();
      const root = { module: Application, imports: [SluiceModule.forRoot({ sluice })] };
      const app = await NestFactory.create(root as never, newPlatform() as ExpressAdapter, { logger: false });
      await app.init();
      await app.close();
      expect(sluice.health().status).toBe("draining");
    });
  });

  it("drains when an application without a server closes", async () => {
    class Application {}
    const sluice = createSluice();
    const root = { module: Application, imports: [SluiceModule.forRoot({ sluice })] };
    const app = await NestFactory.createApplicationContext(root as never, { logger: false });
    await app.close();
    expect(sluice.health().status).toBe("draining");
  });
});
