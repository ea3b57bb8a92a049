import type { OrderInput } from "../orders/order.ts";

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

const LEAST_CENTS = 490;
const MOST_CENTS = 48_000;

/** An order such as a shop gets: many small ones, few large ones. */
export function sampleOrder(random: () => number = Math.random): OrderInput {
  const customerName = CUSTOMERS[Math.floor(random() * CUSTOMERS.length)] ?? "Alder & Finch";
  return { customerName, amount: Math.round(LEAST_CENTS + random() ** 3 * (MOST_CENTS - LEAST_CENTS)) / 100 };
}
