// @ts-check
import { basename, dirname } from "node:path";
import { projectFiles, run } from "./run.mjs";

/** The build, and the types of every project that has a tsconfig.json: sources, tests, examples, benchmarks, scripts. */
export function typeChecks() {
  const projects = projectFiles().filter((path) => basename(path) === "tsconfig.json");
  return [
    { name: "build", run: () => void run("npm", ["run", "build", "-w", "sluice"]) },
    ...projects.map((path) => ({
      name: `types of ${dirname(path)}`,
      run: () => void run("tsc", ["-p", path, "--noEmit"]),
    })),
  ];
}
