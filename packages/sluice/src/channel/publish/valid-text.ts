import type { StandardSchema, schemaMismatch } from "../../base/checks/standard-schema.ts";
import { ignore } from "../../base/errors/guard.ts";
import type { OnDemand } from "../../base/loading/on-demand.ts";
import { dataText } from "../../stream/source/data-text.ts";
import type { Serializer } from "../event/serializer.ts";
import type { DataText } from "./new-entry.ts";

/** The settings of a channel that decide the text of its data. */
interface TextSettings {
  readonly schemas: Readonly<Record<string, StandardSchema>> | undefined;
  readonly serializer: Serializer | undefined;
}

/**
 * Returns data as text, as the schema of its type gives it; a promise if the schema is asynchronous. `code` has the
 * error for data that do not match, with which the promise then rejects. Throws `INVALID_DATA`.
 */
export function validText(
  settings: TextSettings,
  type: string,
  data: unknown,
  code: OnDemand<{ schemaMismatch: typeof schemaMismatch }>,
): DataText | Promise<DataText> {
  const { schemas } = settings;
  if (schemas === undefined || !Object.hasOwn(schemas, type)) return textOf(data, settings);
  const result = schemas[type]!["~standard"].validate(data);
  // Not `instanceof`: a schema may be of another realm, or bring a promise class of its own.
  if (!("then" in result) && result.issues === undefined) return textOf(result.value, settings);
  const text = Promise.resolve(result).then(async (settled) => {
    if (settled.issues !== undefined) throw (await code.get()).schemaMismatch(type, settled.issues);
    return textOf(settled.value, settings);
  });
  // `publishAll` handles the rejection only once the code is loaded.
  text.catch(ignore);
  return text;
}

/** Returns data as text, so that the caller cannot change it afterwards. Throws `INVALID_DATA`. */
function textOf(value: unknown, { serializer }: TextSettings): DataText {
  return {
    text: dataText(value, serializer?.serialize),
    json: typeof value !== "string" || serializer !== undefined,
  };
}
