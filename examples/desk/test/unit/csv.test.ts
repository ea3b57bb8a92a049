import { expect, test } from "vitest";
import { csvLine } from "../../server/exports/csv.ts";

function nameInCsv(customerName: string): string {
  return csvLine({ orderId: "1", customerName, amount: 3, placedAt: "now" }).slice(
    2,
    -"\r\n".length - ",3.00,now".length,
  );
}

test("names with separators, quotes and line ends stay one field", () => {
  expect(nameInCsv('Alder, "Finch"\nCo')).toBe('"Alder, ""Finch""\nCo"');
});

test("a name cannot become a formula in a spreadsheet", () => {
  expect(nameInCsv("=1+1")).toBe("'=1+1");
  expect(nameInCsv("@SUM(A1)")).toBe("'@SUM(A1)");
});
