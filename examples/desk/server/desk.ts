import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { createSluice, type Sluice } from "sluice";
import { createAuth } from "sluice/auth";
import { sluiceFastify } from "sluice/fastify";
import { requireUser } from "./auth/require-user.ts";
import { SESSION_COOKIE, sessionRoutes } from "./auth/session-routes.ts";
import { ISSUER, secretFrom, TokenIssuer } from "./auth/tokens.ts";
import { GENERATOR_USER } from "./auth/users.ts";
import { Dashboard, KEPT_EVENTS } from "./dashboard/dashboard.ts";
import { dashboardRoutes } from "./dashboard/dashboard-routes.ts";
import type { DashboardEvents } from "./dashboard/metric.ts";
import { ExportDesk, type FinishedExport } from "./exports/export-desk.ts";
import { exportRoutes } from "./exports/export-routes.ts";
import type { ExportProgress } from "./exports/write-export.ts";
import { generatorRoutes } from "./generator/generator-routes.ts";
import { OrderGenerator } from "./generator/order-generator.ts";
import type { NotificationEvents } from "./notifications/notification.ts";
import { notificationRoutes } from "./notifications/notification-routes.ts";
import { operationRoutes } from "./operation/health-routes.ts";
import { answerErrors, formatFault } from "./operation/http-errors.ts";
import { describeRoutes } from "./operation/openapi.ts";
import { logRequests } from "./operation/request-log.ts";
import { addSecurityHeaders } from "./operation/security-headers.ts";
import { DEFAULTS, type DeskOptions } from "./options.ts";
import type { OrderEvents } from "./orders/order.ts";
import { OrderBook } from "./orders/order-book.ts";
import { orderRoutes } from "./orders/order-routes.ts";
import { streamRoutes } from "./streams/stream-routes.ts";

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
  /** Ends all streams in good order; new ones get 503 and readiness fails. Then `app.close()`. */
  drain(timeoutMs: number): Promise<void>;
  /** Leaves nothing behind, for a process that exits without closing. */
  abandon(): void;
}

/** Builds the whole desk. It keeps no state outside, so any number of them can run in one process. */
export async function buildDesk(options: DeskOptions = {}): Promise<Desk> {
  const app = Fastify({
    ...(options.logger && { loggerInstance: options.logger as FastifyBaseLogger }),
    // The desk logs requests itself, since it has streams.
    logController: new LogController({ disableRequestLogging: true }),
    // The body of a request is what it is: "12" is no amount, and an unknown field is a mistake.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, multipleOfPrecision: 6 } },
    schemaErrorFormatter: formatFault,
  });
  const sluice = createSluice({
    retry: options.retry ?? DEFAULTS.retry,
    onError: (error, context) => app.log.error({ err: error, ...context }, "stream failure"),
  });
  const logError = (error: unknown) => app.log.error({ err: error }, "background failure");

  const secret = secretFrom(options.jwtSecret);
  const tokens = new TokenIssuer(secret, options.tokenLifetime ?? DEFAULTS.tokenLifetime);
  const auth = await createAuth({ secret, issuer: ISSUER, cookie: SESSION_COOKIE });

  const book = new OrderBook(
    sluice.channel<OrderEvents>("orders", { retain: { events: options.retainOrders ?? DEFAULTS.retainOrders } }),
  );
  const notifications = sluice.channel<NotificationEvents>("notifications", { retain: { events: 1_000 } });
  const dashboard = new Dashboard(
    sluice,
    sluice.channel<DashboardEvents>("dashboard", { retain: { events: KEPT_EVENTS }, latestBy: dashboardKey }),
    { ...DEFAULTS.alerts, ...options.alerts },
    logError,
  );
  const exports = new ExportDesk(
    sluice.jobs<ExportProgress, FinishedExport>("exports"),
    book,
    options.exportPace ?? DEFAULTS.exportPace,
    (running) => dashboard.tell({ component: "exports", running }),
  );
  const generator = new OrderGenerator({
    origin: () => originOf(app),
    token: async () => (await tokens.issue(GENERATOR_USER.id)).token,
    onChange: (state) => dashboard.tell({ component: "generator", ...state }),
    onError: logError,
  });

  // The desk ends its streams itself, below.
  await app.register(sluiceFastify, { sluice, drain: false });
  await describeRoutes(app);
  answerErrors(app);
  addSecurityHeaders(app);
  logRequests(app);
  operationRoutes(app, sluice);
  sessionRoutes(app, auth, tokens);
  app.register(async (members) => {
    requireUser(members, auth);
    orderRoutes(members, book);
    notificationRoutes(members, notifications);
    exportRoutes(members, exports);
    dashboardRoutes(members, dashboard);
    generatorRoutes(members, generator);
    streamRoutes(members, sluice);
  });
  const pageFolder = options.pageFolder ?? fileURLToPath(new URL("../page", import.meta.url));
  await app.register(fastifyStatic, { root: pageFolder });

  const status = { component: "server", startedAt: Date.now(), version: `Node ${process.versions.node}` } as const;
  app.addHook("onListen", async () => {
    dashboard.start();
    dashboard.tell({ ...status, state: "ok" });
    dashboard.tell({ component: "generator", ...generator.state });
  });
  let lastCall: NodeJS.Timeout | undefined;
  // Before the server closes: it waits for its connections, and streams do not end by themselves.
  app.addHook("preClose", async () => {
    generator.stop();
    dashboard.stop();
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
    origin: () => originOf(app),
    abandon: () => exports.closeNow(),
    async drain(timeoutMs) {
      generator.stop();
      dashboard.tell({ ...status, state: "draining" });
      await sluice.drain({ timeout: timeoutMs });
    },
  };
}

/** The newest metric, each alert's last word, and the state of each part. */
function dashboardKey(event: { readonly type: string; readonly data: unknown }): string {
  const { alertId, component } = event.data as { alertId?: string; component?: string };
  return `${event.type}:${alertId ?? component ?? ""}`;
}

function originOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The desk does not listen on a port.");
  const host = address.address === "0.0.0.0" || address.address === "::" ? "127.0.0.1" : address.address;
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}
