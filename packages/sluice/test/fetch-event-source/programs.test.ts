import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../src/testing/index.ts";
import { compile } from "../docs/support/compile.ts";
import { ROOT } from "../docs/support/documents.ts";
import { until } from "../support/until.ts";
import { MICROSOFT, Page } from "./support/implementations.ts";

const THEIRS = "@microsoft/fetch-event-source";
const OURS = "sluice/fetch-event-source";
const FOLDER = new URL("programs/", import.meta.url);

const programs = readdirSync(FOLDER).map((file) => ({
  name: file.replace(".ts", ""),
  code: readFileSync(new URL(file, FOLDER), "utf8"),
}));

describe("a program for @microsoft/fetch-event-source", () => {
  it("compiles unchanged, and with nothing but the import changed", () => {
    if (!existsSync(join(ROOT, "packages/sluice/dist/index.d.ts")))
      throw new Error("This test needs the built package. Run `npm run build -w sluice`.");
    const changed = programs.map(({ name, code }) => ({
      name: `${name}-ours`,
      code: code.replace(`"${THEIRS}"`, `"${OURS}"`),
    }));
    for (const { code } of changed) expect(code).toContain(`from "${OURS}"`);
    const wrong = {
      name: "wrong",
      code: `import { fetchEventSource } from "${OURS}";\nfetchEventSource("", { on: 1 });`,
    };
    const { errors } = compile("fetch-event-source", [...programs, ...changed, wrong], { prelude: false });
    expect(Object.fromEntries(errors)).toEqual({ wrong: expect.stringContaining("'on' does not exist") });
  });

  describe.each([
    ["as it is", false],
    ["with the import changed", true],
  ])("%s", (_, isChanged) => {
    beforeEach(() => {
      new Page();
      vi.resetModules();
      vi.doMock(THEIRS, async () => (isChanged ? import("../../src/fetch-event-source/index.ts") : MICROSOFT));
    });
    afterEach(() => {
      vi.doUnmock(THEIRS);
      vi.unstubAllGlobals();
    });

    const load = () => import("./programs/readme.ts");

    it("reads all events of a stream", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.send("data: 1\n\nevent: x\ndata: 2\n\n");
        connection.end();
      };
      await using server = await startScriptedServer({ otherwise });
      const { readAll } = await load();
      expect(await readAll(server.url)).toEqual(["1", "2"]);
    });

    it("posts JSON, and stops by its controller", async () => {
      await using server = await startScriptedServer();
      const { post } = await load();
      const { done, ctrl } = post(server.url);
      const connection = await server.next();
      expect(connection).toMatchObject({ method: "POST", body: '{"foo":"bar"}' });
      expect(connection.headers).toMatchObject({
        "content-type": "application/json",
        accept: expect.stringMatching(/^text\/event-stream\b/),
      });
      await connection.send("data: 1\n\n");
      ctrl.abort();
      await done;
      await connection.gone();
    });

    it("retries errors that it takes for temporary, and stops at a fatal one", async () => {
      await using server = await startScriptedServer({
        scripts: [
          (connection) => connection.answer(503),
          async (connection) => {
            await connection.send("id: 1\ndata: a\n\n");
            connection.end();
          },
          async (connection) => {
            await connection.send(`data: after ${connection.lastEventId}\n\nevent: FatalError\ndata: no\n\n`);
          },
        ],
      });
      const { readWithErrors } = await load();
      const log: unknown[] = [];
      let settled = "";
      readWithErrors(server.url, log).catch((error) => {
        settled = `${error.constructor.name}: ${error.message}`;
      });
      await until("it has stopped", () => settled !== "");
      expect(settled).toBe("FatalError: no");
      expect(log).toEqual(["RetriableError", "a", "RetriableError", "after 1", "FatalError"]);
    });

    it("stops at a status that it takes for final", async () => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.answer(404) });
      const { FatalError, readWithErrors } = await load();
      await expect(readWithErrors(server.url, [])).rejects.toBeInstanceOf(FatalError);
      expect(server.connections).toHaveLength(1);
    });
  });
});
