import { SluiceError } from "../../../base/sluice-error.ts";

/**
 * The part of a Standard Schema, version 1 (standardschema.dev), that the client uses. Zod, Valibot and ArkType have
 * it.
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
  | { readonly issues: readonly { readonly message: string }[] };

/** Resolves to the output of the schema. Rejects with `SCHEMA_MISMATCH`. */
export async function validate(schema: StandardSchema, type: string, data: unknown): Promise<unknown> {
  const result = await schema["~standard"].validate(data);
  if (result.issues === undefined) return result.value;
  const texts = result.issues.map(({ message }) => message);
  const message = `The data of "${type}" does not fit its schema: ${texts.join("; ")}`;
  throw new SluiceError("SCHEMA_MISMATCH", message, { cause: result.issues });
}
