import { afterEach, describe, expect, it, vi } from "vitest";
import { ifFound } from "../support/proxies/optional-proxies.ts";
import { ENVOY, TRAEFIK } from "../support/proxies/proxies.ts";

describe.each([TRAEFIK, ENVOY])("the suites of $name", (kind) => {
  const variable = kind.program.toUpperCase();
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it("are registered if the program is found", () => {
    vi.stubEnv(variable, process.execPath);
    const register = vi.fn();
    ifFound(kind, register);
    expect(register).toHaveBeenCalledOnce();
  });

  it("are left out if the program is missing, and the run prints it", () => {
    vi.stubEnv(variable, "/nowhere");
    const print = vi.spyOn(console, "error").mockReturnValue();
    const register = vi.fn();
    ifFound(kind, register);
    expect(register).not.toHaveBeenCalled();
    expect(print).toHaveBeenCalledWith(`LEFT OUT, because this machine has no program for it: ${kind.name}`);
  });
});
