import type { Session, User, UserList } from "../../../wire/session.ts";
import { request } from "../server/api.ts";

const STORAGE_KEY = "desk-user";

/** Signs in. The server sets a cookie with the token, which scripts cannot read. */
export async function signIn(userId: string): Promise<Session> {
  const session = await request<Session>("POST", "/api/session", { userId });
  try {
    sessionStorage.setItem(STORAGE_KEY, session.user.id);
  } catch {
    // The browser may block storage. The page then starts with the first user again.
  }
  return session;
}

/** Resolves to the users who can sign in. */
export async function loadUsers(): Promise<readonly User[]> {
  return (await request<UserList>("GET", "/api/users")).users;
}

/** Returns this tab's previous user, or the first user. */
export function rememberedUser(users: readonly User[]): User {
  let id: string | null = null;
  try {
    id = sessionStorage.getItem(STORAGE_KEY);
  } catch {
    // The browser may block storage.
  }
  const user = users.find((known) => known.id === id) ?? users[0];
  if (user === undefined) throw new Error("The server has no users.");
  return user;
}
