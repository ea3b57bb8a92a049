import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Sluice } from "sluice";
import { createAuth } from "sluice/auth";
import { sluiceFastify } from "sluice/fastify";
import { EndedSessions } from "./auth/ended-sessions.ts";
import { guardSessions } from "./auth/guard-sessions.ts";
import { requireUser } from "./auth/require-user.ts";
import { SESSION_COOKIE, sessionRoutes } from "./auth/session-routes.ts";
import { shareTickets } from "./auth/shared-tickets.ts";
import { SteadyClock } from "./auth/steady-clock.ts";
import { ISSUER, secretFrom, TokenIssuer } from "./auth/tokens.ts";
import { GENERATOR_USER } from "./auth/users.ts";
import { Dashboard } from "./dashboard/dashboard.ts";
import { dashboardRoutes } from "./dashboard/dashboard-routes.ts";
import { ExportFiles } from "./exports/export-files.ts";
import { ownPermits } from "./exports/export-permits.ts";
import { exportRoutes } from "./exports/export-routes.ts";
import { OrderExports } from "./exports/order-exports.ts";
import { generatorRoutes } from "./generator/generator-routes.ts";
import { OrderGenerator } from "./generator/order-generator.ts";
import { openChannels } from "./log/open-channels.ts";
import { notificationRoutes } from "./notifications/notification-routes.ts";
import { operationRoutes } from "./operation/health-routes.ts";
import { checkHost } from "./operation/host-check.ts";
import { formatValidationError, handleErrors } from "./operation/http-errors.ts";
import { describeRoutes } from "./operation/openapi.ts";
import { logRequests } from "./operation/request-log.ts";
import { addSecurityHeaders } from "./operation/security-headers.ts";
import { DEFAULTS, type DeskOptions } from "./options.ts";
import { OrderBook } from "./orders/order-book.ts";
import { OrderNumbers } from "./orders/order-numbers.ts";
import { orderRoutes } from "./orders/order-routes.ts";
import { originOf } from "./origin.ts";
import { combinedRoute } from "./streams/combined-route.ts";
import { StreamGate } from "./streams/stream-gate.ts";
import { StreamKeys } from "./streams/stream-keys.ts";
import { streamRoutes } from "./streams/stream-routes.ts";
import { serverOptions } from "./tls/server-options.ts";
import { LiveWorkers } from "./workers/live-workers.ts";

/** After the streams have closed, the requests in flight get this long to finish, in ms. */
const CLOSE_CONNECTIONS_AFTER_MS = 250;

/** A desk that is built but does not listen yet. */
export interface Desk {
  /** Call `listen()` and `close()` on it. Closing ends all streams and deletes the export files. */
  readonly app: FastifyInstance;
  readonly sluice: Sluice;
  readonly generator: OrderGenerator;
  /** Returns the URL of the desk, as seen from this machine. Throws if the desk does not listen. */
  origin(): string;
  /**
   * Ends all streams and waits for running exports, for at most `timeoutMs`, and closes the server. Meanwhile new
   * streams are refused and the desk is not ready. Call `app.close()` afterwards.
   */
  drain(timeoutMs: number): Promise<void>;
  /** Deletes the export files synchronously, for a process that exits without closing the desk. */
  deleteExportsNow(): void;
}

/** A closing desk waits at most this long to publish that it leaves, in ms. */
const LEAVE_TIMEOUT_MS = 1_000;

/**
 * Builds the whole desk. The desk keeps all state in its log, so several can run in one process. Rejects with
 * `LogUnreachable` if the log cannot be opened.
 */
export async function buildDesk(options: DeskOptions = {}): Promise<Desk> {
  const { worker, startedAt = Date.now() } = options;
  const name = worker?.name ?? randomUUID();
  const app = Fastify({
    ...serverOptions(options.certificate),
    // An `EventSource` that receives 503 gives up for good. Sluice answers it until the last connection is closed.
    return503OnClosing: false,
    ...(options.logger && { loggerInstance: options.logger as FastifyBaseLogger }),
    // The desk logs requests itself, because it also logs how each stream opens and closes.
    logController: new LogController({ disableRequestLogging: true }),
    // Validate a body as it was sent: "12" is not an amount, and an unknown field is an error.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, multipleOfPrecision: 6 } },
    schemaErrorFormatter: formatValidationError,
  });
  const logError = (error: unknown) => app.log.error({ err: error }, "background failure");
  // Check the secret before the log is open: an open log keeps the process running.
  const secret = secretFrom(options.jwtSecret);
  const ownAuth = await createAuth({ secret, issuer: ISSUER, cookie: SESSION_COOKIE });
  const streamKeys = new StreamKeys();
  const channels = await openChannels({
    log: options.log ?? { kind: "memory" },
    retainOrders: options.retainOrders ?? DEFAULTS.retainOrders,
    retry: options.retry ?? DEFAULTS.retry,
    compress: options.compress ?? false,
    streamKeys,
    onError: (error, { isOver, ...context }) => {
      if (isOver) app.log.info(context, (error as Error).message);
      else app.log.error({ err: error, ...context }, "stream failure");
    },
  });
  const { sluice } = channels;

  const closing = new AbortController();
  const clock = new SteadyClock();
  const tokens = new TokenIssuer(secret, options.tokenLifetime ?? DEFAULTS.tokenLifetime, clock);
  const sessions = new EndedSessions(channels.sessions, {
    link: worker?.link,
    onEnd: (session) => void sluice.disconnect(({ subscriber }) => subscriber?.session === session),
  });
  sessions.follow(closing.signal, logError);
  await sessions.load().catch(async (error: unknown) => {
    closing.abort();
    await sluice.close();
    throw error;
  });
  const allAuth = worker === undefined ? ownAuth : shareTickets(ownAuth, worker.link);
  const auth = guardSessions(allAuth, sessions, clock);

  const book = new OrderBook(channels.orders, new OrderNumbers(channels.orderNumbers));
  const exports = new OrderExports(channels.exports, book, new ExportFiles(options.exportsFolder), {
    permits: worker?.link.exportPermits ?? ownPermits(),
    paceMs: options.exportPace ?? DEFAULTS.exportPace,
  });
  const generator = new OrderGenerator(channels.generator, {
    origin: () => listeningOn(app, options),
    token: async () => (await tokens.issue(GENERATOR_USER.id)).token,
    onError: logError,
  });
  const liveWorkers: LiveWorkers = new LiveWorkers(channels.workers, {
    worker: name,
    shared: channels.shared,
    onChange: () => generator.setLeader(liveWorkers.isLeader),
  });
  worker?.link.onExit((exited) => liveWorkers.remove(exited));
  const dashboard = new Dashboard({
    sluice,
    channel: channels.dashboard,
    liveWorkers,
    worker: name,
    startedAt,
    limits: { ...DEFAULTS.alerts, ...options.alerts },
    exports: () => exports.running,
    generator: () => generator.state,
    onLeaderCheck: (isLeader) => generator.setLeader(isLeader),
    onError: logError,
  });

  // The desk drains its streams itself, below.
  await app.register(sluiceFastify, { sluice, drain: false });
  await describeRoutes(app);
  handleErrors(app);
  addSecurityHeaders(app);
  checkHost(app, options.allowHosts ?? []);
  if (worker !== undefined) addWorkerHeader(app, name);
  logRequests(app);
  app.decorate("streamGate", new StreamGate(streamKeys, sessions));
  operationRoutes(app, { sluice, checkLog: () => channels.generator.history({ limit: 1 }), worker });
  sessionRoutes(app, { auth, tokens, sessions });
  app.register(async (members) => {
    requireUser(members, auth);
    orderRoutes(members, book);
    notificationRoutes(members, channels.notifications);
    exportRoutes(members, exports);
    dashboardRoutes(members, dashboard);
    generatorRoutes(members, generator);
    streamRoutes(members, sluice, worker?.link);
    combinedRoute(members, sluice, channels);
  });
  const pageFolder = options.pageFolder ?? fileURLToPath(new URL("../page", import.meta.url));
  await app.register(fastifyStatic, { root: pageFolder });

  app.addHook("onListen", async () => {
    liveWorkers.start(closing.signal, logError);
    generator.start(closing.signal);
    dashboard.start(closing.signal);
  });
  // Close the streams before the server: the server waits for its connections, and streams do not end by themselves.
  app.addHook("preClose", async () => {
    generator.stop();
    dashboard.stop();
    await Promise.race([liveWorkers.leave().catch(logError), wait(LEAVE_TIMEOUT_MS, undefined, { ref: false })]);
    closing.abort();
    await sluice.close();
    // Closes the server with all its connections. Does nothing more if the desk has drained.
    await sluice.drain({ server: app.server, timeout: CLOSE_CONNECTIONS_AFTER_MS });
  });
  app.addHook("onClose", () => exports.close());

  return {
    app,
    sluice,
    generator,
    origin: () => listeningOn(app, options),
    deleteExportsNow: () => exports.closeNow(),
    async drain(timeoutMs) {
      generator.stop();
      dashboard.publishDraining();
      // An export that runs here may have followers on another worker. Their streams wait for its end.
      const exported = Promise.race([exports.settled(), wait(timeoutMs, undefined, { ref: false })]);
      await Promise.all([sluice.drain({ server: app.server, timeout: timeoutMs }), exported]);
    },
  };
}

function listeningOn(app: FastifyInstance, { certificate }: DeskOptions): string {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The desk does not listen on a port.");
  return originOf(address, certificate === undefined ? "http" : "https");
}

/** Adds the name of this worker to each response, as `x-worker`. */
function addWorkerHeader(app: FastifyInstance, name: string): void {
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("x-worker", name);
  });
}
