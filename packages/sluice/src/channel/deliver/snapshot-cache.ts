import { outside } from "../../base/context/async-context.ts";
import type { Position } from "../../base/position.ts";
import type { CohortKey } from "../read/lagging/step.ts";
import type { LatestSnapshot } from "../read/latest-snapshot.ts";
import type { LiveLog } from "../read/live/live-log.ts";
import { latestSnapshot } from "../read/snapshot.ts";

/** Maximum number of cohorts whose snapshot is kept. */
const SNAPSHOTS_HELD = 16;

interface CachedSnapshot {
  readonly snapshot: Promise<LatestSnapshot | undefined>;
  readonly revision: number;
  readonly offset: number;
}

/** The newest snapshot of each cohort, so that the many subscribers of a dashboard share its pieces. */
export class SnapshotCache {
  readonly #liveLog: LiveLog;
  readonly #byCohort = new Map<number, CachedSnapshot>();

  constructor(liveLog: LiveLog) {
    this.#liveLog = liveLog;
  }

  /** Resolves to the snapshot of a cohort up to a position; `undefined` if the channel remembers no events by key. */
  get({ number, selection }: CohortKey, position: Position): Promise<LatestSnapshot | undefined> {
    const { offset } = position;
    const { revision = 0 } = this.#liveLog.latest ?? {};
    const cached = this.#byCohort.get(number);
    if (cached?.offset === offset && cached.revision === revision) return cached.snapshot;
    const snapshot = outside(() => latestSnapshot(this.#liveLog, selection, position));
    this.#byCohort.delete(number);
    this.#byCohort.set(number, { snapshot, revision, offset });
    if (this.#byCohort.size > SNAPSHOTS_HELD) this.#byCohort.delete(this.#byCohort.keys().next().value as number);
    return snapshot;
  }

  clear(): void {
    if (this.#byCohort.size > 0) this.#byCohort.clear();
  }
}
