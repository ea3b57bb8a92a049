// @ts-check
import { isOpen } from "../history.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").DisconnectHistory} DisconnectHistory */

/**
 * Describes the streams that a `disconnect` for their user on all nodes did not end, and the streams that ended as
 * disconnected without such a call. A stream that ended before for any other reason is right.
 * @param {History} history
 * @returns {string[]}
 */
export function wrongDisconnects(history) {
  const { disconnects, connections } = history;
  const wrong = disconnects.flatMap((disconnect) => streamsLeftOpen(disconnect, history));
  for (const { number, user, node, ended, endedAt = 0 } of connections) {
    const isMeant = disconnects.some((each) => each.user === user && each.began < endedAt);
    if (ended === "disconnected" && !isMeant)
      wrong.push(`${node} disconnected stream ${number} without a call of disconnect`);
  }
  return wrong;
}

/** @param {DisconnectHistory} disconnect @param {History} history */
function streamsLeftOpen(disconnect, history) {
  const { user, node, began, answered, error, open } = disconnect;
  if (answered === undefined) return [`${node} never answered the call that disconnects ${user}`];
  // If the store loses data, the message to the other nodes may be lost before they receive it.
  const reachedAll = error === undefined && !history.losses.some((loss) => loss.ended > began);
  return open
    .filter((connection) => reachedAll || connection.node === node)
    .filter((connection) => isOpen(connection) || hasEndedWrongly(connection, disconnect, history))
    .map(({ number, node: where, ended }) => {
      const end = ended === undefined ? "never ended" : `ended otherwise (${ended})`;
      return `${node} disconnected ${user}, and stream ${number} on ${where} ${end}`;
    });
}

/**
 * Returns true if nothing but the disconnect can have ended a stream, and it ended for another reason. On a busy
 * machine a subscriber may leave because it receives nothing, and a read may fail because the store answers too late.
 * @param {History["connections"][number]} connection
 * @param {DisconnectHistory} disconnect
 * @param {History} history
 */
function hasEndedWrongly({ ended, endedAt = 0, isLeft, node }, { quietSince }, { outages }) {
  if (quietSince === undefined || ended === "disconnected") return false;
  if (ended === "client") return isLeft !== true;
  const own = outages.filter((outage) => outage.node === node && outage.tick < endedAt);
  const isOutOfReach = own.at(-1)?.isOver === false || own.some(({ tick }) => tick > quietSince);
  return ended !== "error" || !isOutOfReach;
}
