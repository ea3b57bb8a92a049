import { type StandardSchema, schemaMismatch } from "../../../base/checks/standard-schema.ts";
import type { ParsedEvent } from "../../../protocol/parser.ts";
import { check } from "../check.ts";

/** An event that waits for the consumers. */
export interface WaitingEvent extends ParsedEvent {
  /** Returns the data that the schema has validated, or throws. `undefined`: not validated yet. */
  readonly valid?: () => unknown;
}

/**
 * Validates the data of an event, and puts the event first among those that wait, with a function `valid`. The function
 * returns the output of the schema, or throws `SCHEMA_MISMATCH`. `validate()` itself never rejects.
 */
export async function validate(
  schema: StandardSchema,
  event: ParsedEvent,
  data: unknown,
  waiting: WaitingEvent[],
): Promise<void> {
  let valid: () => unknown;
  try {
    check(schema["~standard"], "Standard Schema", schema);
    const result = await schema["~standard"].validate(data);
    if (result.issues) throw schemaMismatch(event.type, result.issues);
    valid = () => result.value;
  } catch (error) {
    valid = () => {
      throw error;
    };
  }
  waiting.unshift({ ...event, valid });
}
