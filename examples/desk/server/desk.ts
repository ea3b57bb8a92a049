import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Sluice } from "sluice";
import { createAuth } from "sluice/auth";
import { sluiceFastify } from "sluice/fastify";
import { requireUser } from "./auth/require-user.ts";
import { SESSION_COOKIE, sessionRoutes } from "./auth/session-routes.ts";
import { shareTickets } from "./auth/shared-tickets.ts";
import { ISSUER, secretFrom, TokenIssuer } from "./auth/tokens.ts";
import { GENERATOR_USER } from "./auth/users.ts";
import { Dashboard } from "./dashboard/dashboard.ts";
import { dashboardRoutes } from "./dashboard/dashboard-routes.ts";
import { ExportDesk } from "./exports/export-desk.ts";
import { ExportFiles } from "./exports/export-files.ts";
import { exportRoutes } from "./exports/export-routes.ts";
import { generatorRoutes } from "./generator/generator-routes.ts";
import { OrderGenerator } from "./generator/order-generator.ts";
import { openChannels } from "./log/open-channels.ts";
import { notificationRoutes } from "./notifications/notification-routes.ts";
import { operationRoutes } from "./operation/health-routes.ts";
import { answerErrors, formatFault } from "./operation/http-errors.ts";
import { describeRoutes } from "./operation/openapi.ts";
import { logRequests } from "./operation/request-log.ts";
import { addSecurityHeaders } from "./operation/security-headers.ts";
import { DEFAULTS, type DeskOptions } from "./options.ts";
import { OrderBook } from "./orders/order-book.ts";
import { OrderNumbers } from "./orders/order-numbers.ts";
import { orderRoutes } from "./orders/order-routes.ts";
import { originOf } from "./origin.ts";
import { streamRoutes } from "./streams/stream-routes.ts";
import { Roster } from "./workers/roster.ts";

/** How long requests under way have to end once the streams are closed. */
const LAST_CALL_MS = 250;

/** A desk that is built and does not listen yet. */
export interface Desk {
  /** To `listen()` and `close()`. Closing ends all streams, and deletes the exports. */
  readonly app: FastifyInstance;
  readonly sluice: Sluice;
  readonly generator: OrderGenerator;
  /** Where the desk listens, as seen from this machine. Throws when it does not. */
  origin(): string;
  /** Ends all streams in good order, and lets exports finish; new streams get 503 and readiness fails. Then `app.close()`. */
  drain(timeoutMs: number): Promise<void>;
  /** Leaves nothing behind, for a process that exits without closing. */
  abandon(): void;
}

/** The last word of a desk that closes is not worth waiting for longer than this. */
const LEAVE_WITHIN_MS = 1_000;

/**
 * Builds the whole desk. It keeps no state outside but in its log, so any number of them can run in one process. Rejects with
 * `LogUnreachable`.
 */
export async function buildDesk(options: DeskOptions = {}): Promise<Desk> {
  const { worker, startedAt = Date.now() } = options;
  const name = worker?.name ?? randomUUID();
  const app = Fastify({
    ...(options.logger && { loggerInstance: options.logger as FastifyBaseLogger }),
    // The desk logs requests itself, since it has streams.
    logController: new LogController({ disableRequestLogging: true }),
    // The body of a request is what it is: "12" is no amount, and an unknown field is a mistake.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, multipleOfPrecision: 6 } },
    schemaErrorFormatter: formatFault,
  });
  const logError = (error: unknown) => app.log.error({ err: error }, "background failure");
  const channels = await openChannels({
    log: options.log ?? { kind: "memory" },
    retainOrders: options.retainOrders ?? DEFAULTS.retainOrders,
    retry: options.retry ?? DEFAULTS.retry,
    onError: (error, context) => app.log.error({ err: error, ...context }, "stream failure"),
  });
  const { sluice } = channels;

  const secret = secretFrom(options.jwtSecret);
  const tokens = new TokenIssuer(secret, options.tokenLifetime ?? DEFAULTS.tokenLifetime);
  const ownAuth = await createAuth({ secret, issuer: ISSUER, cookie: SESSION_COOKIE });
  const auth = worker === undefined ? ownAuth : shareTickets(ownAuth, worker.link);

  const book = new OrderBook(channels.orders, new OrderNumbers(channels.orderNumbers));
  const exports = new ExportDesk(channels.exports, book, new ExportFiles(options.exportsFolder), {
    paceMs: options.exportPace ?? DEFAULTS.exportPace,
  });
  const generator = new OrderGenerator(channels.generator, {
    origin: () => listeningOn(app),
    token: async () => (await tokens.issue(GENERATOR_USER.id)).token,
    onError: logError,
  });
  const roster: Roster = new Roster(channels.workers, name, channels.shared, () => generator.lead(roster.isFirst));
  worker?.link.onGone((gone) => roster.forget(gone));
  const dashboard = new Dashboard({
    sluice,
    channel: channels.dashboard,
    roster,
    worker: name,
    startedAt,
    limits: { ...DEFAULTS.alerts, ...options.alerts },
    exports: () => exports.running,
    generator: () => generator.state,
    onLead: (isFirst) => generator.lead(isFirst),
    onError: logError,
  });

  // The desk ends its streams itself, below.
  await app.register(sluiceFastify, { sluice, drain: false });
  await describeRoutes(app);
  answerErrors(app);
  addSecurityHeaders(app);
  if (worker !== undefined) addWorkerHeader(app, name);
  logRequests(app);
  operationRoutes(app, { sluice, askLog: () => channels.generator.history({ limit: 1 }), worker });
  sessionRoutes(app, auth, tokens);
  app.register(async (members) => {
    requireUser(members, auth);
    orderRoutes(members, book);
    notificationRoutes(members, channels.notifications);
    exportRoutes(members, exports);
    dashboardRoutes(members, dashboard);
    generatorRoutes(members, generator);
    streamRoutes(members, sluice, worker?.link);
  });
  const pageFolder = options.pageFolder ?? fileURLToPath(new URL("../page", import.meta.url));
  await app.register(fastifyStatic, { root: pageFolder });

  const closing = new AbortController();
  app.addHook("onListen", async () => {
    roster.start(closing.signal, logError);
    generator.start(closing.signal);
    dashboard.start(closing.signal);
  });
  let lastCall: NodeJS.Timeout | undefined;
  // Before the server closes: it waits for its connections, and streams do not end by themselves.
  app.addHook("preClose", async () => {
    generator.stop();
    dashboard.stop();
    await Promise.race([roster.leave().catch(logError), wait(LEAVE_WITHIN_MS, undefined, { ref: false })]);
    closing.abort();
    await sluice.close();
    // Answers under way may still end. What is open then is a client that holds a connection it does not use.
    lastCall = setTimeout(() => app.server.closeAllConnections(), LAST_CALL_MS);
  });
  app.addHook("onClose", async () => {
    clearTimeout(lastCall);
    await exports.close();
  });

  return {
    app,
    sluice,
    generator,
    origin: () => listeningOn(app),
    abandon: () => exports.closeNow(),
    async drain(timeoutMs) {
      generator.stop();
      dashboard.tellDraining();
      // An export that runs here may be followed through another worker, whose stream waits for its end.
      const exported = Promise.race([exports.settled(), wait(timeoutMs, undefined, { ref: false })]);
      await Promise.all([sluice.drain({ timeout: timeoutMs }), exported]);
    },
  };
}

function listeningOn(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The desk does not listen on a port.");
  return originOf(address);
}

/** Says which worker answered. */
function addWorkerHeader(app: FastifyInstance, name: string): void {
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("x-worker", name);
  });
}
