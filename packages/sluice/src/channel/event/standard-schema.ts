import { SluiceError } from "../../base/sluice-error.ts";

/**
 * The part of a Standard Schema, version 1 (standardschema.dev), that Sluice uses. Zod, Valibot and ArkType have it.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Returns the data as the schema transforms them; a promise if the schema validates asynchronously. Throws
 * `SCHEMA_MISMATCH`, with the schema's issues as the `cause`.
 */
export function applySchema(type: string, schema: StandardSchema, data: unknown): unknown {
  const result = schema["~standard"].validate(data);
  // Not `instanceof`: a schema may be of another realm, or bring a promise class of its own.
  return "then" in result ? Promise.resolve(result).then((settled) => accepted(type, settled)) : accepted(type, result);
}

function accepted(type: string, result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ message, path = [] }) => {
    const where = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return where === "" ? message : `${where}: ${message}`;
  });
  throw new SluiceError("SCHEMA_MISMATCH", `The data of "${type}" does not fit its schema: ${issues.join("; ")}`, {
    cause: result.issues,
  });
}
