import { type StandardSchema, schemaMismatch } from "../../../base/standard-schema.ts";

/** Resolves to the output of the schema. Rejects with `SCHEMA_MISMATCH`. */
export async function validate(schema: StandardSchema, type: string, data: unknown): Promise<unknown> {
  const result = await schema["~standard"].validate(data);
  if (result.issues === undefined) return result.value;
  throw schemaMismatch(type, result.issues);
}
