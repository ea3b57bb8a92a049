import { request } from "../server/api.ts";

/** Somebody who can sign in to the desk. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** Who is signed in, and until when. */
export interface Session {
  readonly user: User;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

const STORAGE_KEY = "desk-user";

/** Signs in, as the server's cookie remembers; the page itself never holds the credential. */
export async function signIn(userId: string): Promise<Session> {
  const session = await request<Session>("POST", "/api/session", { userId });
  try {
    sessionStorage.setItem(STORAGE_KEY, session.user.id);
  } catch {
    // Storage may be closed to us. The page then begins with the first user again.
  }
  return session;
}

/** Who can sign in. */
export async function loadUsers(): Promise<readonly User[]> {
  return (await request<{ users: User[] }>("GET", "/api/users")).users;
}

/** The user this tab had last. */
export function rememberedUser(users: readonly User[]): User {
  let id: string | null = null;
  try {
    id = sessionStorage.getItem(STORAGE_KEY);
  } catch {
    // As above.
  }
  const user = users.find((one) => one.id === id) ?? users[0];
  if (user === undefined) throw new Error("The server has no users.");
  return user;
}
