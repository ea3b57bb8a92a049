import type { Gap, GapReason } from "sluice";
import { placeOrder } from "../orders/order-form.ts";
import { ApiError } from "../server/api.ts";
import type { ServerHealth } from "../server/server-health.ts";
import { toStale } from "../streams/event-id.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import type { StreamSet } from "../streams/stream-set.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";
import { countOf, formatSeconds } from "../ui/format.ts";
import { Activity, type ActivityKind } from "./activity.ts";
import { StreamRow } from "./stream-row.ts";

const ORDERS_DURING_CUT = 5;
/** A replay counts as complete when its count did not grow for this long. */
const SETTLE_MS = 300;
const LOST = "lost its connection. The browser will reconnect by itself.";
const REFUSED = "was refused by the server, and the browser gave up. The page checks why.";
const FINISHED = "was ended by the server, because the job is finished. The browser reconnects once.";
const ENDED = "has ended: the server answered 204, so the browser does not reconnect.";
const GAP_REASONS: Record<GapReason, string> = {
  trimmed: "the log no longer keeps some of the events after it",
  deleted: "the channel was deleted",
  "other-epoch": "the position is from another epoch of the log",
  unknown: "the server does not know this position",
  unparsable: "it is not a position",
  future: "the log has not reached this position yet",
};

/** Shows the state of each stream, with buttons to cut a stream and to open it with a stale position. */
export class InspectorPane {
  #set: StreamSet;
  #activity = new Activity();
  #orders: LiveStream;

  constructor(set: StreamSet, health: ServerHealth, orders: LiveStream) {
    this.#set = set;
    this.#orders = orders;
    const actions = {
      cut: (stream: LiveStream) => void this.#cut(stream),
      makeStale: (stream: LiveStream) => this.#makeStale(stream),
    };
    for (const stream of set.streams) {
      find("#streams").append(new StreamRow(stream, health, actions).element);
      this.#watch(stream);
    }
  }

  #watch(stream: LiveStream): void {
    let lostAt = 0;
    stream.addEventListener("opened", () => {
      if (stream.connection === 1) lostAt = 0;
    });
    stream.addEventListener("lost", () => {
      const isFirst = lostAt === 0;
      lostAt ||= stream.lostAt;
      if (stream.state === "ended") this.#report("note", stream, ENDED);
      else if (stream.state === "refused") this.#activity.add("lost", stream.name, REFUSED);
      else if (isFirst)
        this.#activity.add(stream.finished ? "note" : "lost", stream.name, stream.finished ? FINISHED : LOST);
    });
    stream.addEventListener("gap", (event) => this.#reportGap(stream, (event as CustomEvent<Gap>).detail));
    stream.addEventListener("info", () => {
      if (lostAt === 0) return;
      const lostForMs = Date.now() - lostAt;
      lostAt = 0;
      this.#whenReplayed(stream, () => this.#reportReconnect(stream, lostForMs));
    });
  }

  #whenReplayed(stream: LiveStream, then: () => void): void {
    let before = stream.replayed;
    const check = () => {
      if (stream.replayed === before) return then();
      before = stream.replayed;
      window.setTimeout(check, SETTLE_MS);
    };
    window.setTimeout(check, SETTLE_MS);
  }

  #reportReconnect(stream: LiveStream, lostForMs: number): void {
    const resumedFrom = stream.info?.resumedFrom;
    const position = resumedFrom == null ? "it continues with new events" : `it resumed after ${resumedFrom}`;
    const replayed =
      stream.info?.positionAtOpen == null
        ? "this endpoint has no replay"
        : `${countOf(stream.replayed ?? 0, "event")} replayed`;
    this.#report("reconnected", stream, `reconnected after ${formatSeconds(lostForMs)}: ${position}, ${replayed}.`);
  }

  #reportGap(stream: LiveStream, gap: Gap): void {
    const reason = GAP_REASONS[gap.reason] ?? gap.reason;
    const position = `after ${gap.lastEventId} (${gap.reason})`;
    this.#report("gap", stream, `has a gap ${position}: ${reason}. It continues after ${gap.resumesAfter}.`);
  }

  async #cut(stream: LiveStream): Promise<void> {
    try {
      await this.#set.cut(stream);
      announce(`${stream.name} was cut.`);
      const placesOrders = find<HTMLInputElement>("#place-during-cut").checked;
      if (stream === this.#orders && placesOrders) await this.#placeOrdersDuringCut();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#report("note", stream, `could not be cut: ${cause.message}`);
    }
  }

  async #placeOrdersDuringCut(): Promise<void> {
    const ids: string[] = [];
    for (let n = 1; n <= ORDERS_DURING_CUT; n++) {
      ids.push((await placeOrder(`Placed during the cut ${n}`, 10 * n)).orderId);
    }
    const text = `was cut while the page placed ${ids.join(", ")} over HTTP.`;
    this.#activity.add("note", "Orders", text);
  }

  #makeStale(stream: LiveStream): void {
    const stale = toStale(stream.lastEventId);
    this.#activity.add("note", stream.name, `opens with ${stale}, a position from another epoch of the log.`);
    stream.open(stale);
  }

  #report(kind: ActivityKind, stream: LiveStream, text: string): void {
    this.#activity.add(kind, stream.name, text);
    announce(`${stream.name} ${text}`);
  }
}
