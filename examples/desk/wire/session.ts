/** A demo user. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** The response of `GET /api/users`. */
export interface UserList {
  readonly users: readonly User[];
}

/** The signed-in user: the response of `GET /api/session`. */
export interface Session {
  readonly user: User;
  /** When the token expires, in ms since 1970. */
  readonly expiresAt: number;
}

/** The response of `POST /api/session`: the session and its token, for programs that send a bearer header. */
export interface NewSession extends Session {
  readonly token: string;
}
