import type { FastifyInstance } from "fastify";
import type { Sluice, Source, StreamOptions } from "sluice";

declare module "fastify" {
  interface FastifyReply {
    sse(source: Source, options?: StreamOptions): Promise<void>;
  }
}
export const sluiceFastify: (app: FastifyInstance, o: { sluice: Sluice }) => Promise<void> = async (
  app,
  { sluice },
) => {
  app.decorateReply("sse", function (this: any, source: Source, options: StreamOptions = {}) {
    this.hijack();
    const headers: Record<string, string> = {};
    for (const [k, v] of Object.entries(this.getHeaders())) headers[k] = String(v);
    return sluice.stream(this.request.raw, this.raw, source, { ...options, headers });
  } as any);
};
(sluiceFastify as any)[Symbol.for("skip-override")] = true;
