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
export function wrongDisconnects({ disconnects, connections, losses }) {
  const wrong = disconnects.flatMap((disconnect) => streamsLeftOpen(disconnect, losses));
  for (const { number, user, node, ended, endedAt = 0 } of connections) {
    const isMeant = disconnects.some((each) => each.user === user && each.began < endedAt);
    if (ended === "disconnected" && !isMeant)
      wrong.push(`${node} disconnected stream ${number} without a call of disconnect`);
  }
  return wrong;
}

/** @param {DisconnectHistory} disconnect @param {History["losses"]} losses */
function streamsLeftOpen({ user, node, began, answered, error, open, whileQuiet }, losses) {
  if (answered === undefined) return [`${node} never answered the call that disconnects ${user}`];
  // If the store loses data, the message to the other nodes may be lost before they receive it.
  const reachedAll = error === undefined && !losses.some((loss) => loss.ended > began);
  return open
    .filter((connection) => reachedAll || connection.node === node)
    .filter((connection) => isOpen(connection) || (whileQuiet && connection.ended !== "disconnected"))
    .map(({ number, node: where, ended }) => {
      const end = ended === undefined ? "never ended" : `ended otherwise (${ended})`;
      return `${node} disconnected ${user}, and stream ${number} on ${where} ${end}`;
    });
}
