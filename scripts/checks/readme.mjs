// @ts-check
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../programs/programs.mjs";
import { commandLines, firstProgram, readReadme, START_COMMAND, testCommand } from "../readme.mjs";
import { run } from "./run.mjs";

const FOLDER = join(ROOT, "node_modules/.cache/sluice/readme");
const MAX_PROGRAM_LINES = 10;
const PROGRAM_TIMEOUT_MS = 15_000;

/** Checks of what README promises. */
export const readmeChecks = [
  {
    name: "README gives the commands that CI runs",
    run: () => {
      testCommand(readReadme());
      if (!commandLines(readReadme()).includes(START_COMMAND))
        throw new Error(`README does not give \`${START_COMMAND}\`.`);
    },
  },
  {
    name: "README's first program is short and compiles",
    run: () => {
      const program = firstProgram(readReadme());
      const lines = program.split("\n").filter((line) => line.trim() !== "").length;
      if (lines > MAX_PROGRAM_LINES)
        throw new Error(`The program has ${lines} lines; at most ${MAX_PROGRAM_LINES} are allowed.`);
      compile(program);
    },
  },
  {
    name: "README's first program sends events",
    run: async () => {
      const program = firstProgram(readReadme());
      compile(program);
      await expectEvent(join(FOLDER, "program.js"), program);
    },
  },
];

/** Compiles the program with the project's settings. Throws the output if that fails. @param {string} program */
function compile(program) {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const config = {
    extends: join(ROOT, "tsconfig.base.json"),
    files: ["program.ts"],
    compilerOptions: { isolatedDeclarations: false, declaration: false, declarationMap: false },
  };
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(FOLDER, "program.ts"), program);
  run("tsc", ["-p", FOLDER]);
}

/**
 * Runs the program and requests every path that it names, until one of them sends an event. Throws if none does.
 * @param {string} file
 * @param {string} program
 */
async function expectEvent(file, program) {
  const preload = fileURLToPath(new URL("free-port.mjs", import.meta.url));
  const child = fork(file, { execArgv: ["--import", preload], cwd: FOLDER, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (printed += text));
  const signal = AbortSignal.timeout(PROGRAM_TIMEOUT_MS);
  try {
    const ended = once(child, "exit").then(() => Promise.reject(new Error(`The program ended:\n${printed}`)));
    const [{ port }] = await Promise.race([once(child, "message", { signal }), ended]);
    const paths = [...program.matchAll(/["'`](\/[\w/-]*)["'`]/g)].map((match) => match[1]);
    await Promise.race([
      ended,
      Promise.any([...paths, "/"].map((path) => event(`http://127.0.0.1:${port}${path}`, signal))),
    ]);
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    throw new Error(`No path sent an event:\n${error.errors.map((e) => e.message).join("\n")}\n${printed}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/**
 * Resolves when the URL has sent an event with data. Rejects if the stream ends without one.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function event(url, signal) {
  const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal });
  const type = response.headers.get("content-type");
  if (!type?.startsWith("text/event-stream"))
    throw new Error(`${url} answered ${response.status} ${type}, and not with an event stream.`);
  let text = "";
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (/^data:.*\n(.+\n)*\n/m.test(text)) return;
  }
  throw new Error(`${url} ended without an event. It sent: ${JSON.stringify(text)}`);
}
