import { type StandardSchema, schemaMismatch } from "../../../base/checks/standard-schema.ts";
import { check } from "../check.ts";

/** Resolves to a function that returns the output of the schema, or throws `SCHEMA_MISMATCH`. Never rejects. */
export async function validate(schema: StandardSchema, type: string, data: unknown): Promise<() => unknown> {
  try {
    check(schema["~standard"], "Standard Schema", schema);
    const result = await schema["~standard"].validate(data);
    if (result.issues) throw schemaMismatch(type, result.issues);
    return () => result.value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
