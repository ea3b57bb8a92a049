// @ts-check
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadFixtures } from "../../frameworks/frame/fixtures.mjs";
import { staleness } from "../../frameworks/frame/table.mjs";
import { PAGES_WITHOUT_FIXTURE } from "../../frameworks/known-failures.mjs";
import { ROOT } from "../programs/programs.mjs";
import { readReadme } from "../readme.mjs";

/** Checks of README's table of frameworks, and of the pages that the fixtures run. */
export const frameworksChecks = [
  {
    name: "README's table of frameworks has every fixture, with its versions",
    run: async () => {
      const remarks = staleness(readReadme(), await loadFixtures());
      if (remarks.length > 0) throw new Error(`${remarks.join("\n")}\nRun: npm run test:frameworks -- --write`);
    },
  },
  {
    name: "every page of docs/frameworks is run by a fixture",
    run: async () => {
      const folder = join(ROOT, "docs/frameworks");
      const used = [...PAGES_WITHOUT_FIXTURE, ...(await loadFixtures()).map(({ page }) => page)];
      const unused = readdirSync(folder).filter((page) => page !== "README.md" && !used.includes(page));
      const missing = used.filter((page) => !existsSync(join(folder, page)));
      if (unused.length + missing.length > 0)
        throw new Error(`No fixture runs: ${unused.join(", ")}. No page: ${missing.join(", ")}.`);
    },
  },
];
