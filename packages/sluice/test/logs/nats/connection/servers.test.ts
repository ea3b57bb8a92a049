import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER, startNats } from "../../../support/stores/nats-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";

const SECRET = "s3cret/ü:@";
const ENCODED = encodeURIComponent(SECRET);

function expectNoSecret(shown: string): void {
  for (const secret of [SECRET, ENCODED, "s3cret"]) expect(shown).not.toContain(secret);
}

/** Returns everything that the error of a failed opening shows. */
async function failureOf(servers: string): Promise<string> {
  const log = natsLog({ servers, timeout: 1_000 });
  try {
    await log.open("orders", { retain: KEEP_ALL });
  } catch (error) {
    return inspect(error, { depth: 20, showHidden: true });
  } finally {
    await log.close();
  }
  throw new Error("The channel was opened.");
}

describe.skipIf(NATS_SERVER === undefined)("a password in natsLog's `servers`", () => {
  it("logs in, and appears in no error if it is wrong", async () => {
    await using server = await startNats({ user: "app", pass: SECRET });
    const log = natsLog({ servers: `nats://app:${ENCODED}@127.0.0.1:${server.port}` });
    const channel = await log.open("orders", { retain: KEEP_ALL });
    expect(await channel.append([{ type: "", data: "1", json: true }])).toEqual([1]);
    await log.close();
    for (const pass of [`wrong${ENCODED}`, `1234${ENCODED}`]) {
      const shown = await failureOf(`nats://app:${pass}@127.0.0.1:${server.port}`);
      expect(shown).toContain("Authorization");
      expectNoSecret(shown);
    }
  });

  it.each([
    ["no server listens", "127.0.0.1:1"],
    ["the host does not exist", "nowhere.invalid:4222"],
  ])("appears in no error if %s", async (_, host) => {
    const shown = await failureOf(`nats://app:${ENCODED}@${host}`);
    expect(shown).toContain(host);
    expectNoSecret(shown);
  });

  it.each([
    "http://app:s3cret@host",
    "nats://app:s3cret@",
    "nats://app:s3cret@host:99999",
    ["nats://app:s3cret@a", "nats://b"],
    [],
    7,
  ])("appears in no error if the option is invalid: case %#", (servers) => {
    let error: unknown;
    try {
      natsLog({ servers: servers as string });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("s3cret");
  });
});
