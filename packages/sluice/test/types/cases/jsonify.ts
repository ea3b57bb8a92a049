import type { Jsonify } from "sluice";
import { type Exactly, holds } from "./exactly.ts";

type Anything = ReturnType<typeof JSON.parse>;
type Empty = Record<never, never>;

interface Order {
  readonly id: number;
  readonly total: number;
}
holds<Exactly<Jsonify<Order>, Order>>();
holds<Exactly<Jsonify<Date>, string>>();
holds<Exactly<Jsonify<{ at: Date; f(): void; u: undefined; s: symbol }>, { at: string }>>();
holds<Exactly<Jsonify<{ a?: string; b: string | undefined }>, { a?: string; b?: string }>>();
holds<Exactly<Jsonify<{ readonly a?: Date; b: 1 }>, { readonly a?: string; b: 1 }>>();
holds<Exactly<Jsonify<[Date, (() => void)?, ...number[]]>, [string, null?, ...number[]]>>();
holds<Exactly<Jsonify<readonly Date[]>, readonly string[]>>();
holds<Exactly<Jsonify<(string | undefined)[]>, (string | null)[]>>();
holds<Exactly<Jsonify<Map<string, number>>, Empty>>();
holds<Exactly<Jsonify<Set<string>>, Empty>>();
holds<Exactly<Jsonify<bigint>, never>>();
holds<Exactly<Jsonify<{ n: bigint }>, { n: never }>>();
type UserId = string & { readonly __brand: "UserId" };
holds<Exactly<Jsonify<UserId>, UserId>>();
holds<Exactly<Jsonify<{ id: UserId; n: number & { __b: 1 } }>, { id: UserId; n: number & { __b: 1 } }>>();
holds<Exactly<Jsonify<unknown>, unknown>>();
holds<Exactly<Jsonify<Anything>, Anything>>();
holds<Exactly<Jsonify<never>, never>>();
holds<Exactly<Jsonify<{ a: Anything; b: unknown }>, { a: Anything; b: unknown }>>();
holds<Exactly<Jsonify<{ a?: Anything; b?: unknown }>, { a?: Anything; b?: unknown }>>();
holds<Exactly<Jsonify<unknown[]>, unknown[]>>();
holds<Exactly<Jsonify<Anything[]>, Anything[]>>();
holds<Exactly<Jsonify<Record<string, Date>>, Record<string, string>>>();
holds<Exactly<Jsonify<Record<string, unknown>>, Record<string, unknown>>>();
holds<Exactly<Jsonify<string | Date | null>, string | null>>();
holds<Exactly<Jsonify<string | undefined>, string>>();
holds<Exactly<Jsonify<() => void>, never>>();
holds<Exactly<Jsonify<boolean>, boolean>>();
class Money {
  #cents = 1;
  readonly currency = "EUR" as string;
  get cents() {
    return this.#cents;
  }
  toJSON() {
    return { cents: this.#cents, at: new Date() };
  }
}
holds<Exactly<Jsonify<Money>, { cents: number; at: string }>>();
class Plain {
  x = 1;
  m() {}
}
holds<Exactly<Jsonify<Plain>, { x: number }>>();
interface Chat {
  name: string;
  message: string;
}
holds<Exactly<Jsonify<Chat>, Chat>>();
holds<Exactly<Jsonify<Error>, Empty>>();
interface Coded extends Error {
  code: number;
}
holds<Exactly<Jsonify<Coded>, { code: number }>>();
holds<Exactly<Jsonify<URL>, string>>();
holds<Exactly<Jsonify<Uint8Array>, { [i: string]: number }>>();
holds<
  Exactly<
    Jsonify<{ kind: "a"; at: Date } | { kind: "b"; n: number }>,
    { kind: "a"; at: string } | { kind: "b"; n: number }
  >
>();
interface Tree {
  value: Date;
  children: Tree[];
  parent?: Tree;
}
declare const tree: Jsonify<Tree>;
tree.children[0]!.children[0]!.value.toUpperCase();
tree.parent?.parent?.value.toUpperCase();
type Json = string | number | boolean | null | Json[] | { [k: string]: Json };
declare const j: Jsonify<Json>;
declare const k: Json;
const jj: Json = j;
void jj;
const kk: Jsonify<Json> = k;
void kk;
holds<Exactly<Jsonify<{ [Symbol.iterator]: 1; a: Date }>, { a: string }>>();
holds<Exactly<Jsonify<{ self: { toJSON(): undefined }; x: 1 }>, { x: 1 }>>();
class Me {
  a = new Date();
  toJSON(): this {
    return this;
  }
}
declare const me: Jsonify<Me>;
me.a.toUpperCase();
function generic<T>(x: Jsonify<T>, y: Jsonify<{ a: T }>) {
  return [x, y];
}
void generic;
holds<Exactly<Jsonify<Record<string, Date | undefined>>, Record<string, string>>>();
holds<Exactly<Jsonify<Partial<Record<"a" | "b", Date>>>, { a?: string; b?: string }>>();
holds<Exactly<Jsonify<void>, never>>();
interface WithToJsonKey {
  toJSON(key: string): number;
}
holds<Exactly<Jsonify<WithToJsonKey>, number>>();
