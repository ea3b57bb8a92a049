import { callGuarded, guardResult, ignore } from "../base/errors/guard.ts";
import { OnDemand } from "../base/loading/on-demand.ts";
import { type HttpAnswer, lowerCased, notOpened } from "../stream/answer/http-answer.ts";
import type { CloseReason } from "../stream/close-reason.ts";
import { notifyClosed } from "../stream/ending/notify-closed.ts";
import type { StreamOptions } from "../stream/opening/stream-options.ts";
import { discard, ignoreErrors } from "../stream/source/discard.ts";
import { checkSource, type Source } from "../stream/source/source.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { LoadingStream } from "./loading-stream.ts";
import { checkNodeRequest, type NodeRequest, type NodeResponse, refuseOnNode } from "./node/node-request.ts";

type NodeCode = typeof import("./node/open-node-stream.ts");

/** A request, and how to open its stream or to refuse it. */
interface StreamCall<Opener, Outcome> {
  readonly source: Source;
  readonly options: StreamOptions;
  readonly remoteAddress?: string | undefined;
  open(opener: Opener): Promise<Outcome>;
  refuse(answer: HttpAnswer, reason: CloseReason): Outcome;
}

/**
 * The ways to answer a request. Each is loaded with the first request that needs it, and with it all code of streams.
 */
export class Transports {
  readonly #hub: StreamHub;
  readonly #node = new OnDemand(() => import("./node/open-node-stream.ts"));
  readonly #fetch = new OnDemand(() => import("./fetch/open-fetch-stream.ts"));

  constructor(hub: StreamHub) {
    this.#hub = hub;
    hub.watchServer = async (server) => {
      try {
        (await this.#node.get()).watchServer(hub, server);
      } catch (error) {
        hub.report(error, { stage: "load" });
        server.close();
      }
    };
  }

  /** Answers a request of Node. It is not an async function, whose frame would be kept for as long as the stream. */
  stream(request: NodeRequest, response: NodeResponse, source: Source, options: StreamOptions): Promise<CloseReason> {
    const hub = this.#hub;
    const streamRequest = { request, response, source, options };
    const open = ({ openNodeStream }: NodeCode) => {
      try {
        return openNodeStream(hub, streamRequest);
      } catch (error) {
        return this.#refuseCall(error, source, options);
      }
    };
    try {
      checkSource(source);
      checkNodeRequest(request, response);
      const node = this.#node.value;
      if (node !== undefined) return open(node);
      const closed = this.#load(this.#node.get(), {
        source,
        options,
        remoteAddress: request.socket?.remoteAddress,
        open,
        refuse(answer, reason) {
          const failed = (error: unknown) => hub.report(error, { stage: "head" });
          callGuarded(refuseOnNode, failed, request, response, answer);
          return reason;
        },
      });
      // As the promise of `open`: it need not be awaited.
      closed.catch(ignore);
      return closed;
    } catch (error) {
      return this.#refuseCall(error, source, options);
    }
  }

  /** Answers a request of the Fetch standard. */
  async response(request: Request, source: Source, options: StreamOptions): Promise<Response> {
    try {
      checkSource(source);
      return await this.#load(this.#fetch.get(), {
        source,
        options,
        open: ({ openFetchStream }) => openFetchStream(this.#hub, request, source, options),
        refuse: ({ status, headers, text }) => new Response(text, { status, headers }),
      });
    } catch (error) {
      return this.#fail(error, source, options);
    }
  }

  /** Opens a stream once its code is loaded. Only the first requests wait. If loading fails, they are refused. */
  #load<Opener extends object, Outcome>(
    opener: Opener | Promise<Opener>,
    call: StreamCall<Opener, Outcome>,
  ): Promise<Outcome> {
    if (!(opener instanceof Promise)) return call.open(opener);
    const hub = this.#hub;
    const { source, remoteAddress } = call;
    // Not checked yet, since the check is loaded too. They may be anything, even a promise that rejects meanwhile.
    const options: StreamOptions = Object(call.options);
    guardResult(options, ignore);
    ignoreErrors(source);
    const pending = new LoadingStream(hub, { source, options, remoteAddress });
    const refuse = (reason: "refused" | "disconnected") => {
      discard(source, this.#onSourceError);
      hub.countRefused(reason);
      notifyClosed({ onClose: options.onClose, resolve: ignore }, reason, undefined, hub.report);
      const answer = notOpened();
      const headers = { ...callGuarded(lowerCased, ignore, options.headers), ...answer.headers };
      return call.refuse({ ...answer, headers }, reason);
    };
    return opener.then(
      (loaded) => (hub.loading.delete(pending) ? call.open(loaded) : refuse("disconnected")),
      (error) => {
        const isWaiting = hub.loading.delete(pending);
        hub.report(error, { stage: "load" });
        return refuse(isWaiting ? "refused" : "disconnected");
      },
    );
  }

  /** Refuses a call of `stream()`: see {@link #fail}. Reports the error too. */
  #refuseCall(error: unknown, source: unknown, options: unknown): Promise<never> {
    const rejected = this.#fail(error, source, options);
    // Options may come from a request, and callers need not await the promise. It must not end the process.
    rejected.catch((failure) => this.#hub.report(failure, { stage: "options" }));
    return rejected;
  }

  /** Refuses a call. Rejects with the error, to which it adds a hint. */
  async #fail(error: unknown, source: unknown, options: unknown): Promise<never> {
    this.#discardCall(source, options);
    await import("../stream/source/source-hint.ts").then(({ addHint }) => addHint(error, source), ignore);
    throw error;
  }

  /** Releases the arguments of a call that is refused. Options are a promise if the caller forgot to await it. */
  #discardCall(source: unknown, options: unknown): void {
    discard(source, this.#onSourceError);
    discard(options, ignore);
  }

  readonly #onSourceError = (error: unknown): void => this.#hub.report(error, { stage: "source" });
}
