import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, it } from "vitest";
import { readDeployFile } from "../support/deploy-file.ts";

it("deploy/azure/web.config starts the desk, compresses no stream and waits for heartbeats", async () => {
  const text = await readDeployFile("azure/web.config");
  expect(XMLValidator.validate(text)).toBe(true);
  const { configuration } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(text);
  const server = configuration["system.webServer"];
  expect(server.handlers.add).toMatchObject({ path: "*", verb: "*", modules: "httpPlatformHandler" });
  expect(server.httpPlatform.arguments).toMatch(/^examples\\desk\\dist\\server\\main\.js /);
  expect(server.httpPlatform.environmentVariables.environmentVariable).toMatchObject({ name: "PORT" });
  expect(server.urlCompression.doDynamicCompression).toBe("false");
  const [hours, minutes, seconds] = server.httpPlatform.requestTimeout.split(":").map(Number);
  expect(hours * 3_600 + minutes * 60 + seconds).toBeGreaterThan(2 * 15);
});
