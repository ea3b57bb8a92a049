import { expect, it } from "vitest";
import { csvLine } from "../../../server/exports/csv.ts";

function nameInCsv(customerName: string): string {
  return csvLine({ orderId: "1", customerName, amount: 3, placedAt: "now" }).slice(
    2,
    -"\r\n".length - ",3.00,now".length,
  );
}

it("keeps a name with separators, quotes and line breaks in one field", () => {
  expect(nameInCsv('Alder, "Finch"\nCo')).toBe('"Alder, ""Finch""\nCo"');
});

it("prevents a name from becoming a formula in a spreadsheet", () => {
  expect(nameInCsv("=1+1")).toBe("'=1+1");
  expect(nameInCsv("@SUM(A1)")).toBe("'@SUM(A1)");
});
