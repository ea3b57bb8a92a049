/**
 * The event that every server sends: an order, with the same type, the same data, and an ID of the same length. So one
 * delivery has the same size for every server, give or take the optional space after a field's colon.
 */

/** Size of one event in the event stream, without chunk framing. */
export const EVENT_BYTES = 270;

/** A byte that each event contains exactly once, so that a reader can count events without parsing them. */
export const EVENT_MARK = "^".charCodeAt(0);

const EVENT_TYPE = "order";

/**
 * @typedef {object} BenchEvent
 * @property {string} type
 * @property {string} id for servers that do not assign IDs
 * @property {Record<string, unknown>} data
 */

/**
 * Returns event number `number`.
 * @param {number} number
 * @param {number} [bytes] minimum size in the event stream, at least EVENT_BYTES. Default: EVENT_BYTES
 * @returns {BenchEvent}
 */
export function makeEvent(number, bytes = EVENT_BYTES) {
  const name = `Ada Lovelace${" the First".repeat(Math.ceil((bytes - EVENT_BYTES) / 10))}`;
  return {
    type: EVENT_TYPE,
    // As long as Sluice's own IDs: an epoch of ten characters, and an offset.
    id: `benchmarks-${number + 1}`,
    data: {
      orderId: `6f1de5a2-93c4-4b7e-8a10-${String(number).padStart(12, "0")}`,
      customerName: name,
      amount: 129.9,
      placedAt: "2026-01-15T09:30:00.000Z",
      items: [
        { sku: "TB-450", quantity: 2, price: 49.95 },
        { sku: "^N-12", quantity: 1, price: 30.05 },
      ],
    },
  };
}

/**
 * Returns the event's frame, for a server that writes the event stream by hand.
 * @param {BenchEvent} event
 */
export function frameOf(event) {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
