import { SluiceError } from "../errors/sluice-error.ts";

/**
 * The part of a Standard Schema, version 1 (standardschema.dev), that Sluice uses. The schemas of Zod, Valibot and
 * ArkType have it.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The result of a schema: the value, or the issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Returns the `SCHEMA_MISMATCH` error for an event's data. Its `cause` is the list of issues. */
export function schemaMismatch(type: string, issues: readonly SchemaIssue[]): SluiceError {
  const texts = issues.map(({ message, path = [] }) => {
    const where = path.map((part) => String((part as { readonly key?: PropertyKey }).key ?? part)).join(".");
    return where ? `${where}: ${message}` : message;
  });
  const message = `The data of "${type}" does not fit its schema: ${texts.join("; ")}`;
  return new SluiceError("SCHEMA_MISMATCH", message, { cause: issues });
}
