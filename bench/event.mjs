/**
 * The event that every server sends: an order, with the same type, the same data and an ID of the same length, so that
 * a delivery is 270 bytes of event stream whoever makes it (a field's optional space after the colon aside).
 */

/** The wire size of one event in the event stream, without chunk framing. */
export const EVENT_BYTES = 270;

/** One byte that is in every event exactly once, so that a reader counts events without parsing. It never splits. */
export const EVENT_MARK = "~".charCodeAt(0);

const EVENT_TYPE = "order";

/**
 * @typedef {object} BenchEvent
 * @property {string} type
 * @property {string} id For servers that do not give IDs of their own.
 * @property {Record<string, unknown>} data
 */

/**
 * The `number`th event.
 * @param {number} number
 * @param {number} [bytes] its size on the wire; at least, and by default, EVENT_BYTES
 * @returns {BenchEvent}
 */
export function makeEvent(number, bytes = EVENT_BYTES) {
  const name = `Ada Lovelace${" the First".repeat(Math.ceil((bytes - EVENT_BYTES) / 10))}`;
  return {
    type: EVENT_TYPE,
    // As long as Sluice's own: an epoch of ten characters, and an offset.
    id: `benchmarks-${number + 1}`,
    data: {
      orderId: `6f1de5a2-93c4-4b7e-8a10-${String(number).padStart(12, "0")}`,
      customerName: name,
      amount: 129.9,
      placedAt: "2026-01-15T09:30:00.000Z",
      items: [
        { sku: "TB-450", quantity: 2, price: 49.95 },
        { sku: "~N-12", quantity: 1, price: 30.05 },
      ],
    },
  };
}

/**
 * The event as the event stream has it: what a server writes that does everything by hand.
 * @param {BenchEvent} event
 */
export function frameOf(event) {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
}
