import type { GapReason } from "sluice";
import type { StreamGap } from "sluice/client";
import { placeOrder } from "../orders/order-form.ts";
import { ApiError } from "../server/api.ts";
import type { ServerHealth } from "../server/server-health.ts";
import type { DeskStream } from "../streams/desk-stream.ts";
import { toStale } from "../streams/event-id.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import type { StreamPart } from "../streams/stream-part.ts";
import type { StreamSet } from "../streams/stream-set.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";
import { countOf, formatSeconds } from "../ui/format.ts";
import { Activity, type ActivityKind } from "./activity.ts";
import { StreamRow } from "./stream-row.ts";

const ORDERS_DURING_CUT = 5;
/** A replay counts as complete when its count did not grow for this long. */
const SETTLE_MS = 300;
const LOST = "lost its connection. The client will connect again by itself.";
const REFUSED = "was refused by the server. The page checks why.";
const ENDED = "has ended: its last event has arrived.";
const GAP_REASONS: Partial<Record<string, string>> & Record<GapReason, string> = {
  trimmed: "the log no longer keeps some of the events after it",
  deleted: "the channel was deleted",
  "other-epoch": "the position is from another epoch of the log",
  unknown: "the server does not know this position",
  unparsable: "it is not a position",
  future: "the log has not reached this position yet",
};

/** The streams that have orders. */
interface OrderStreams {
  readonly desk: DeskStream;
  readonly plainOrders: LiveStream;
}

/** Shows the state of each stream, with buttons to cut it and to open it with a stale position of a part. */
export class InspectorPane {
  #set: StreamSet;
  #activity = new Activity();
  #desk: DeskStream;
  #orderStreams: readonly LiveStream[];

  constructor(set: StreamSet, health: ServerHealth, { desk, plainOrders }: OrderStreams) {
    this.#set = set;
    this.#desk = desk;
    this.#orderStreams = [desk, plainOrders];
    const actions = {
      cut: (stream: LiveStream) => void this.#cut(stream),
      makeStale: (stream: LiveStream, part: StreamPart) => this.#makeStale(stream, part),
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
      if (stream.state === "ended") this.#report("note", stream.name, ENDED);
      else if (stream.state === "refused") this.#activity.add("lost", stream.name, REFUSED);
      else if (isFirst) this.#activity.add("lost", stream.name, LOST);
    });
    for (const part of stream.parts) {
      part.addEventListener("gap", (event) => this.#reportGap(part, (event as CustomEvent<StreamGap>).detail));
    }
    stream.addEventListener("info", () => {
      if (lostAt === 0) return;
      const lostForMs = Date.now() - lostAt;
      lostAt = 0;
      this.#whenReplayed(stream, () => this.#reportReconnect(stream, lostForMs));
    });
  }

  #whenReplayed(stream: LiveStream, then: () => void): void {
    const replayed = () => stream.parts.reduce((sum, part) => sum + (part.replayed ?? 0), 0);
    let before = replayed();
    const check = () => {
      if (replayed() === before) return then();
      before = replayed();
      window.setTimeout(check, SETTLE_MS);
    };
    window.setTimeout(check, SETTLE_MS);
  }

  #reportReconnect(stream: LiveStream, lostForMs: number): void {
    const resumedFrom = stream.info?.resumedFrom;
    const position = resumedFrom == null ? "it continues with new events" : `it resumed after ${resumedFrom}`;
    const text = `reconnected after ${formatSeconds(lostForMs)}: ${position}, ${replayedBy(stream)}.`;
    this.#report("reconnected", stream.name, text);
  }

  #reportGap(part: StreamPart, gap: StreamGap): void {
    const reason = GAP_REASONS[gap.reason] ?? gap.reason;
    const position = `after ${gap.lastEventId} (${gap.reason})`;
    this.#report("gap", part.name, `has a gap ${position}: ${reason}. It continues after ${gap.resumesAfter}.`);
  }

  async #cut(stream: LiveStream): Promise<void> {
    try {
      await this.#set.cut(stream);
      announce(`${stream.name} was cut.`);
      const placesOrders = find<HTMLInputElement>("#place-during-cut").checked;
      if (this.#orderStreams.includes(stream) && placesOrders) await this.#placeOrdersDuringCut(stream);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#report("note", stream.name, `could not be cut: ${cause.message}`);
    }
  }

  async #placeOrdersDuringCut({ name }: LiveStream): Promise<void> {
    const ids: string[] = [];
    for (let n = 1; n <= ORDERS_DURING_CUT; n++) {
      ids.push((await placeOrder(`Placed during the cut ${n}`, 10 * n)).orderId);
    }
    const text = `was cut while the page placed ${ids.join(", ")} over HTTP.`;
    this.#activity.add("note", name, text);
  }

  #makeStale(stream: LiveStream, part: StreamPart): void {
    const stale = toStale(part.lastEventId);
    this.#activity.add("note", part.name, `opens with ${stale}, a position from another epoch of the log.`);
    if (stream === this.#desk) this.#desk.resume({ [part.key]: stale });
    else stream.open(stale);
  }

  #report(kind: ActivityKind, name: string, text: string): void {
    this.#activity.add(kind, name, text);
    announce(`${name} ${text}`);
  }
}

/** Returns how many events were replayed, for each part that has events. */
function replayedBy(stream: LiveStream): string {
  if (stream.info?.positionAtOpen == null) return "this endpoint has no replay";
  const [first, ...others] = stream.parts;
  if (others.length === 0) return `${countOf(first?.replayed ?? 0, "event")} replayed`;
  return `replayed: ${stream.parts.map(({ name, replayed = 0 }) => `${name} ${replayed}`).join(", ")}`;
}
