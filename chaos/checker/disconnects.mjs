// @ts-check
import { isOpen } from "../history.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../history.mjs").DisconnectHistory} DisconnectHistory */

/**
 * Streams that should have been ended by a `disconnect` for their user on all nodes, and were not; and those that were, though nobody said so. Whatever
 * else ends a stream before has ended it.
 * @param {History} history
 * @returns {string[]}
 */
export function faultsOfDisconnects({ disconnects, connections, losses }) {
  const faults = disconnects.flatMap((disconnect) => faultsOf(disconnect, losses));
  for (const { number, user, node, ended, endedAt = 0 } of connections) {
    const isMeant = disconnects.some((each) => each.user === user && each.began < endedAt);
    if (ended === "disconnected" && !isMeant)
      faults.push(`${node} disconnected stream ${number}, which nobody asked for`);
  }
  return faults;
}

/** @param {DisconnectHistory} disconnect @param {History["losses"]} losses */
function faultsOf({ user, node, began, answered, error, open, inCalm }, losses) {
  if (answered === undefined) return [`${node} never answered who was to disconnect ${user}`];
  // What the others were told may be lost before they heard it.
  const wasTold = error === undefined && !losses.some((loss) => loss.ended > began);
  return open
    .filter((connection) => wasTold || connection.node === node)
    .filter((connection) => isOpen(connection) || (inCalm && connection.ended !== "disconnected"))
    .map(
      ({ number, node: where, ended }) =>
        `${node} disconnected ${user}, and stream ${number} on ${where} ${ended === undefined ? "never ended" : `ended otherwise (${ended})`}`,
    );
}
