import { join } from "node:path";
import { makeProgramFolder, type ProgramFolder, SHARED_LOGS } from "./program-folder.ts";

/** A program on disk. Start it as a `NodeProcess`. Its folder may hold its files. */
export interface NodeProgram extends ProgramFolder {
  readonly file: string;
}

/**
 * Builds a program. Its source can import `createSluice` from `./sluice.js`, and `lmdbLog`, `redisLog` and `natsLog`
 * each from a file of that name.
 */
export async function buildNodeProgram(source: string): Promise<NodeProgram> {
  const made = await makeProgramFolder({ sluice: "index.ts", ...SHARED_LOGS }, { "program.js": source });
  return { ...made, file: join(made.folder, "program.js") };
}
