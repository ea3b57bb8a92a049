// @ts-check
/** @typedef {import("../clients/deleter.mjs").DeletionHistory} DeletionHistory */
/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").LifeSeen} LifeSeen */
/** @typedef {import("./positions.mjs").Positions} Positions */
/** @typedef {{ tick: number, text: string }} Found */

/**
 * Describes deletions that left events, and lives that ended without a deletion.
 * @param {History} history
 * @param {Positions} positions
 * @returns {Found[]}
 */
export function findWrongDeletions(history, positions) {
  return [...findSurvivors(history, positions), ...findNeedlessEnds(history)];
}

/**
 * Returns the time in which each deletion may have an effect, in ticks. A call that was rejected may still delete the
 * life that was there, until a later call has deleted it.
 * @param {Pick<History, "deletions">} history
 * @returns {{ began: number, ended: number }[]}
 */
export function deletionSpans({ deletions }) {
  return deletions.map((deletion) => {
    const { began, answered = Number.POSITIVE_INFINITY } = deletion;
    if (isDone(deletion)) return { began, ended: answered };
    const later = deletions.filter((each) => isDone(each) && each.began > answered);
    return { began, ended: Math.min(Number.POSITIVE_INFINITY, ...later.map((each) => each.answered ?? 0)) };
  });
}

/**
 * Returns the deletions that resolved, although a life that holds an earlier event took a later one.
 * @param {History} history
 * @param {Positions} positions
 * @returns {Found[]}
 */
function findSurvivors({ deletions, events, losses }, positions) {
  const attempts = events.flatMap((event) => event.attempts).filter(({ position }) => position !== undefined);
  return deletions.filter(isDone).flatMap((deletion) => {
    const { node, began, answered = 0 } = deletion;
    // An earlier copy of the data may bring the life back.
    if (losses.some(({ ended }) => ended > began)) return [];
    /** The lowest offset in each life. @type {Map<string, number>} */
    const before = new Map();
    for (const { position, answered: at = began } of attempts)
      if (position !== undefined && at < began)
        before.set(position.epoch, Math.min(position.offset, before.get(position.epoch) ?? position.offset));
    const after = new Set(
      attempts.filter((each) => each.began > answered).map(({ position }) => position?.epoch ?? ""),
    );
    for (const [epoch, offset] of before)
      for (const later of after)
        if (typeof positions.offsetIn({ epoch, offset }, later) === "number")
          return [{ tick: began, text: `${node} deleted the channel, but not ${epoch}-${offset}` }];
    return [];
  });
}

/**
 * Returns the lives that ended although no deletion can have ended them. Each deletion ends at most one life: one that
 * began before it resolved.
 * @param {History} history
 * @returns {Found[]}
 */
function findNeedlessEnds(history) {
  const { storeLostData, events, retained, lives } = history;
  if (storeLostData || events.length > retained) return [];
  const groups = groupsOf(lives);
  const unused = deletionSpans(history).sort((a, b) => a.ended - b.ended);
  const found = [];
  let bornAfter = 0;
  for (const [i, group] of groups.slice(0, -1).entries()) {
    const next = Math.min(...groups.slice(i + 1).flatMap((later) => later.map(({ tick }) => tick)));
    const from = bornAfter;
    const cause = unused.findIndex(({ began, ended }) => began < next && ended > from);
    if (cause >= 0) unused.splice(cause, 1);
    else found.push({ tick: next, text: `${group.at(-1)?.epoch} ended, and no deletion can have ended it` });
    const epochs = new Set(group.map(({ epoch }) => epoch));
    for (const event of events)
      for (const { position, began } of event.attempts)
        if (position !== undefined && epochs.has(position.epoch)) bornAfter = Math.max(bornAfter, began);
  }
  return found;
}

/**
 * Returns the lives in groups. Each life of a group holds the entries of the one before.
 * @param {LifeSeen[]} lives
 */
function groupsOf(lives) {
  /** @type {LifeSeen[][]} */
  const groups = [];
  for (const life of lives) {
    const before = groups.at(-1)?.at(-1);
    const isEnd = before === undefined || (life.holds.get(before.epoch) ?? 0) < 0;
    if (isEnd) groups.push([life]);
    else groups.at(-1)?.push(life);
  }
  return groups;
}

/** Returns true if a call of `delete` resolved. @param {DeletionHistory} deletion */
export function isDone({ answered, error }) {
  return answered !== undefined && error === undefined;
}
