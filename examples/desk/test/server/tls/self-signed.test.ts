import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeCertificate } from "../../../server/tls/self-signed.ts";

const NAMES = ["localhost", "desk.example", "127.0.0.1", "::1", "[fe80::1:2]", "::ffff:10.0.0.1"];

describe("a certificate that the desk makes", () => {
  it("is valid for its names and addresses, and for no others", () => {
    const certificate = new X509Certificate(makeCertificate(NAMES).cert);
    for (const host of ["localhost", "desk.example"]) expect(certificate.checkHost(host)).toBeDefined();
    for (const address of ["127.0.0.1", "::1", "fe80::1:2", "::ffff:10.0.0.1"])
      expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost("other.example")).toBeUndefined();
    expect(certificate.checkIP("127.0.0.2")).toBeUndefined();
  });

  it("signs itself, for a year, with a serial number of its own, and is no authority", () => {
    const now = new Date("2027-03-01T12:00:00Z");
    const [one, two] = [1, 2].map(() => new X509Certificate(makeCertificate(NAMES, now).cert));
    expect(one!.verify(one!.publicKey)).toBe(true);
    expect(one!.verify(two!.publicKey)).toBe(false);
    expect(one!.serialNumber).not.toBe(two!.serialNumber);
    expect([new Date(one!.validFrom), new Date(one!.validTo)]).toEqual([
      new Date("2027-02-28T12:00:00Z"),
      new Date("2028-02-29T12:00:00Z"),
    ]);
    expect([one!.subject, one!.issuer, one!.ca]).toEqual(["CN=Sluice desk", "CN=Sluice desk", false]);
  });

  it("is accepted by a client that trusts it, a hundred times", async () => {
    for (let i = 0; i < 100; i++) {
      const certificate = makeCertificate(["localhost"]);
      expect(new X509Certificate(certificate.cert).checkHost("localhost")).toBe("localhost");
      if (i % 20 > 0) continue;
      const server = createServer(certificate).listen(0, "127.0.0.1");
      onTestFinished(() => void server.close());
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      const authorized = await new Promise((resolve, reject) => {
        const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: certificate.cert }, () => {
          resolve(socket.authorized);
          socket.end();
        });
        socket.on("error", reject);
      });
      expect(authorized).toBe(true);
    }
  });
});
