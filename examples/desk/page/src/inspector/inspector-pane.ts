import { placeOrder } from "../orders/order-form.ts";
import { ApiError } from "../server/api.ts";
import type { Presence } from "../server/presence.ts";
import { toStale } from "../streams/event-id.ts";
import type { Gap, LiveStream } from "../streams/live-stream.ts";
import type { StreamSet } from "../streams/stream-set.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";
import { countOf, formatSeconds } from "../ui/format.ts";
import { Activity, type ActivityKind } from "./activity.ts";
import { StreamRow } from "./stream-row.ts";

const ORDERS_WHILE_AWAY = 5;
/** A replay is told when no more of it came for so long. */
const SETTLE_MS = 300;
const LOST = "lost its connection. The browser will reconnect by itself.";
const REFUSED = "was refused by the server, and the browser gave up. The page finds out why.";
const FINISHED = "was ended by the server: the job is over. The browser asks once more.";
const ENDED = "ended: the server answered 204, and the browser does not come back.";
/** The gap's own reason, in words. */
const GAP_REASONS: Record<string, string> = {
  trimmed: "some of what followed is no longer kept",
  "other-epoch": "that position is from another life of the server’s log",
  unknown: "the server does not know that position",
  unparsable: "that is not a position",
  future: "that position has not been reached yet",
};

/** Shows each stream from the inside, and lets one cut it and spoil its position. */
export class InspectorPane {
  #set: StreamSet;
  #activity = new Activity();
  #orders: LiveStream;

  constructor(set: StreamSet, presence: Presence, orders: LiveStream) {
    this.#set = set;
    this.#orders = orders;
    const actions = {
      cut: (stream: LiveStream) => void this.#cut(stream),
      makeStale: (stream: LiveStream) => this.#makeStale(stream),
    };
    for (const stream of set.streams) {
      find("#streams").append(new StreamRow(stream, presence, actions).element);
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
      if (stream.state === "ended") this.#say("note", stream, ENDED);
      else if (stream.state === "refused") this.#activity.say("cut", stream.name, REFUSED);
      else if (isFirst)
        this.#activity.say(stream.finished ? "note" : "cut", stream.name, stream.finished ? FINISHED : LOST);
    });
    stream.addEventListener("gap", (event) => this.#gap(stream, (event as CustomEvent<Gap>).detail));
    stream.addEventListener("described", () => {
      if (lostAt === 0) return;
      const away = Date.now() - lostAt;
      lostAt = 0;
      this.#whenSettled(stream, () => this.#back(stream, away));
    });
  }

  /** Waits until a replay is over: its events come in one go. */
  #whenSettled(stream: LiveStream, then: () => void): void {
    let before = stream.replayed;
    const look = () => {
      if (stream.replayed === before) return then();
      before = stream.replayed;
      window.setTimeout(look, SETTLE_MS);
    };
    window.setTimeout(look, SETTLE_MS);
  }

  #back(stream: LiveStream, away: number): void {
    const resumedFrom = stream.server?.resumedFrom;
    const where = resumedFrom == null ? "began at what comes now" : `went on from ${resumedFrom}`;
    const replayed =
      stream.server?.positionAtOpen == null
        ? "this endpoint has no replay"
        : `${countOf(stream.replayed ?? 0, "event")} replayed`;
    this.#say("back", stream, `is back after ${formatSeconds(away)}: ${where}, ${replayed}.`);
  }

  #gap(stream: LiveStream, gap: Gap): void {
    const why = GAP_REASONS[gap.reason] ?? gap.reason;
    this.#say(
      "gap",
      stream,
      `has a gap after ${gap.lastEventId} (${gap.reason}): ${why}. It goes on after ${gap.resumesAfter}.`,
    );
  }

  async #cut(stream: LiveStream): Promise<void> {
    try {
      await this.#set.cut(stream);
      announce(`${stream.name} was cut.`);
      const place = find<HTMLInputElement>("#place-while-away").checked;
      if (stream === this.#orders && place) await this.#placeWhileAway();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#say("note", stream, `could not be cut: ${cause.message}`);
    }
  }

  async #placeWhileAway(): Promise<void> {
    const ids: string[] = [];
    for (let n = 1; n <= ORDERS_WHILE_AWAY; n++) {
      ids.push((await placeOrder(`Placed while away ${n}`, 10 * n)).orderId);
    }
    this.#activity.say(
      "note",
      "Orders",
      `${ids.join(", ")} were placed meanwhile, over HTTP. The stream has not seen them.`,
    );
  }

  #makeStale(stream: LiveStream): void {
    const stale = toStale(stream.lastEventId);
    this.#activity.say(
      "note",
      stream.name,
      `asks to go on from ${stale}, a position of another life of the server’s log.`,
    );
    stream.open(stale);
  }

  #say(kind: ActivityKind, stream: LiveStream, text: string): void {
    this.#activity.say(kind, stream.name, text);
    announce(`${stream.name} ${text}`);
  }
}
