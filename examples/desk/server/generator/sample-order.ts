import type { OrderInput } from "../../wire/order.ts";

const CUSTOMERS = [
  "Alder & Finch",
  "Bergman Optics",
  "Café Morgenrot",
  "Delgado Textiles",
  "Eastgate Books",
  "Fjord Outfitters",
  "Granville Tools",
  "Harbour Print",
  "Ito Ceramics",
  "Juniper Supply",
  "Kestrel Cycles",
  "Lindqvist Design",
  "Marlow Bakery",
  "Northwind Tea",
  "Okafor Studio",
  "Pemberton Seeds",
  "Quarry Hill Stone",
  "Rossi Leather",
  "Stillwater Music",
  "Tanaka Instruments",
  "Umber Paints",
  "Vega Lighting",
  "Willow Furniture",
  "Yarrow Apothecary",
];

const MIN_CENTS = 490;
const MAX_CENTS = 48_000;

/** Returns a random order. Small amounts are more frequent than large ones, as in a shop. */
export function sampleOrder(random: () => number = Math.random): OrderInput {
  const customerName = CUSTOMERS[Math.floor(random() * CUSTOMERS.length)] ?? "Alder & Finch";
  return { customerName, amount: Math.round(MIN_CENTS + random() ** 3 * (MAX_CENTS - MIN_CENTS)) / 100 };
}
