import type { User } from "../../wire/session.ts";

/** The demo users. There are no passwords: anyone who can reach the desk can sign in as either user. */
export const USERS: readonly User[] = [
  { id: "ada", name: "Ada Brandt" },
  { id: "ben", name: "Ben Okoro" },
];

/** The user that the generator places its orders as. The desk refuses to sign in as this user. */
export const GENERATOR_USER: User = { id: "generator", name: "Order generator" };

/** Returns the demo user with this ID, or `undefined`. */
export function findUser(id: string): User | undefined {
  return USERS.find((user) => user.id === id);
}

/** Returns the display name of a user with a valid token. */
export function nameOf(id: string): string {
  return findUser(id)?.name ?? id;
}
