// @ts-check
import { basename, dirname } from "node:path";
import { projectFiles, run } from "./run.mjs";

/** Returns the check of the build, and a check of types for each folder with a tsconfig.json. */
export function typeChecks() {
  // `npm run test:frameworks` compiles the projects of the fixtures, with their packages.
  const isOurs = (/** @type {string} */ path) => !path.startsWith("frameworks/fixtures/");
  const projects = projectFiles().filter((path) => basename(path) === "tsconfig.json" && isOurs(path));
  return [
    { name: "build", run: () => void run("npm", ["run", "build", "-w", "sluice"]) },
    ...projects.map((path) => ({
      name: `types of ${dirname(path)}`,
      run: () => void run("tsc", ["-p", path, "--noEmit"]),
    })),
  ];
}
