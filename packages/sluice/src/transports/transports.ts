import { OnDemand } from "../base/on-demand.ts";
import type { CloseReason } from "../stream/close-reason.ts";
import { notifyClosed } from "../stream/notify-closed.ts";
import { type HttpAnswer, RETRY_LATER } from "../stream/opening/http-answer.ts";
import { checkStreamOptions, type StreamOptions } from "../stream/opening/stream-options.ts";
import { checkSource, type Source } from "../stream/source/source.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { checkNodeRequest, type NodeRequest, type NodeResponse, refuseOnNode } from "./node/node-request.ts";
import type { NodeStreamRequest } from "./node/open-node-stream.ts";

/**
 * The ways to answer a request. Each is loaded with the first request that needs it, and with it all code of streams.
 */
export class Transports {
  readonly #hub: StreamHub;
  readonly #node = new OnDemand(() => import("./node/open-node-stream.ts"));
  readonly #fetch = new OnDemand(() => import("./fetch/open-fetch-stream.ts"));

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  /** Answers a request of Node. It is not an async function, whose frame would be kept for as long as the stream. */
  stream(request: NodeRequest, response: NodeResponse, source: Source, options: StreamOptions): Promise<CloseReason> {
    try {
      checkSource(source);
      checkStreamOptions(options);
      checkNodeRequest(request, response);
      const streamRequest = { request, response, source, options };
      const node = this.#node.value;
      if (node === undefined) return this.#streamOnceLoaded(streamRequest);
      return node.openNodeStream(this.#hub, streamRequest);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #streamOnceLoaded(streamRequest: NodeStreamRequest): Promise<CloseReason> {
    const { request, response, options } = streamRequest;
    return this.#load(
      this.#node.get(),
      ({ openNodeStream }) => openNodeStream(this.#hub, streamRequest),
      (answer): CloseReason => {
        refuseOnNode(request, response, answer);
        return "refused";
      },
      options,
    );
  }

  /** Answers a request of the Fetch standard. */
  async response(request: Request, source: Source, options: StreamOptions): Promise<Response> {
    checkSource(source);
    checkStreamOptions(options);
    return this.#load(
      this.#fetch.get(),
      ({ openFetchStream }) => openFetchStream(this.#hub, request, source, options),
      ({ status, headers, text }) => new Response(text, { status, headers }),
      options,
    );
  }

  /** Opens a stream once its code is loaded. Only the first requests wait. If loading fails, they are refused. */
  #load<Opener extends object, Outcome>(
    opener: Opener | Promise<Opener>,
    open: (opener: Opener) => Promise<Outcome>,
    refuse: (answer: HttpAnswer) => Outcome,
    { onClose }: StreamOptions,
  ): Promise<Outcome> {
    if (!(opener instanceof Promise)) return open(opener);
    const hub = this.#hub;
    hub.beginLoading();
    return opener.then(
      (loaded) => {
        hub.endLoading();
        return open(loaded);
      },
      (error) => {
        hub.endLoading();
        hub.report(error, { stage: "load" });
        hub.countRefused();
        notifyClosed({ onClose, resolve() {} }, "refused", undefined, hub.report);
        return refuse(RETRY_LATER.broken());
      },
    );
  }
}
