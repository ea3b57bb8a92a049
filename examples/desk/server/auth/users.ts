/** Somebody who can sign in. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** The demo users. There are no passwords: whoever reaches the desk may be either of them. */
export const USERS: readonly User[] = [
  { id: "ada", name: "Ada Brandt" },
  { id: "ben", name: "Ben Okoro" },
];

/** The generator places its orders as a user of its own, who cannot be signed in as. */
export const GENERATOR_USER: User = { id: "generator", name: "Order generator" };

/** The demo user with this ID. */
export function findUser(id: string): User | undefined {
  return USERS.find((user) => user.id === id);
}

/** The name to show for a user of a valid token. */
export function nameOf(id: string): string {
  return findUser(id)?.name ?? id;
}
