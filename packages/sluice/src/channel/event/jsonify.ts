/**
 * The type of data after `JSON.stringify()` and `JSON.parse()`, as subscribers receive it. A `Date` is a string, as is
 * every other value with `toJSON()` what that method returns. Fields whose value may be `undefined`, a function or a
 * symbol are optional or absent; in an array they are `null`. A `Map` or `Set` is `{}`. A bigint has no JSON form:
 * its type is `never`.
 *
 * `any` and `unknown` stay as they are, and so does a branded string or number.
 */
export type Jsonify<T> = Exclude<JsonValue<T>, undefined>;

/** The types of a channel's events after JSON. */
export type JsonEvents<Events extends object> = { [Type in keyof Events]: Jsonify<Events[Type]> };

type Primitive = string | number | boolean | null;

/** Data that JSON keeps as it is. */
type Unchanged = Primitive | readonly Unchanged[] | { readonly [key: string]: Unchanged };

/** Values that JSON leaves out of an object. */
type Omitted =
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a job that returns nothing has the result `void`
  | void
  | symbol
  | ((...args: never[]) => unknown)
  | (abstract new (
      ...args: never[]
    ) => unknown);

/** Objects whose content JSON does not see. */
type Opaque =
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | PromiseLike<unknown>
  | RegExp
  | ArrayBuffer
  | DataView;

/** Arrays of numbers that JSON turns into objects with the indices as keys. */
type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** {@link Jsonify}, with `undefined` for each omitted value. Distributes over unions, but not over `any`. */
type JsonValue<T> =
  IsAny<T> extends true
    ? T
    : unknown extends T
      ? T
      : T extends Unchanged
        ? T
        : T extends { toJSON: (...args: never[]) => infer Result }
          ? WithoutToJson<Result>
          : WithoutToJson<T>;

/** {@link JsonValue} of the result of a `toJSON()`, which is not asked again. */
type WithoutToJson<T> =
  IsAny<T> extends true
    ? T
    : unknown extends T
      ? T
      : T extends Primitive
        ? T
        : T extends bigint
          ? never
          : T extends Omitted
            ? undefined
            : T extends readonly unknown[]
              ? { [Index in keyof T]: JsonElement<T[Index]> }
              : T extends NumberArray
                ? { [index: string]: number }
                : T extends Opaque
                  ? Record<never, never>
                  : JsonObject<IsError<T> extends true ? Omit<T, keyof Error> : T>;

/** An element of an array: JSON writes `null` for an omitted value. */
type JsonElement<T> =
  IsAny<T> extends true ? T : unknown extends T ? T : Jsonify<T> | (true extends IsOmitted<T> ? null : never);

/** An object whose fields all stay as they are keeps its type, and so its name in messages. */
type JsonObject<T> = T extends { readonly [Key in keyof T]: Unchanged }
  ? T
  : [OptionalKeys<T>] extends [never]
    ? RequiredFields<T>
    : Flat<RequiredFields<T> & OptionalFields<T>>;

type RequiredFields<T> = { [Key in keyof T as Presence<T, Key> extends "always" ? Key : never]: Jsonify<T[Key]> };

type OptionalFields<T> = {
  [Key in keyof T as Presence<T, Key> extends "sometimes" ? Key : never]?: Jsonify<T[Key]>;
};

type OptionalKeys<T> = { [Key in keyof T]-?: Presence<T, Key> extends "sometimes" ? Key : never }[keyof T];

/** How often JSON has a field. It does not look into the field, since types may be recursive. */
type Presence<T, Key extends keyof T> = Key extends symbol
  ? "never"
  : IsAny<T[Key]> extends true
    ? IfOptional<T, Key>
    : unknown extends T[Key]
      ? IfOptional<T, Key>
      : [T[Key]] extends [never]
        ? "always"
        : [IsOmitted<T[Key]>] extends [true]
          ? "never"
          : string extends Key
            ? "always"
            : true extends IsOmitted<T[Key]>
              ? "sometimes"
              : "always";

type IfOptional<T, Key extends keyof T> =
  Record<never, never> extends Pick<T, Key> ? (string extends Key ? "always" : "sometimes") : "always";

/** `true` for a value that JSON leaves out, `false` for one that it keeps, and both for a union of the two. */
type IsOmitted<T> = T extends { toJSON: (...args: never[]) => infer Result }
  ? Result extends Omitted
    ? true
    : false
  : T extends Omitted
    ? true
    : false;

type Flat<T> = { [Key in keyof T]: T[Key] };

/** Other objects may have a `name` and a `message` too, but only errors have a `stack`. */
type IsError<T> = T extends Error ? ("stack" extends keyof T ? true : false) : false;

type IsAny<T> = 0 extends 1 & T ? true : false;
