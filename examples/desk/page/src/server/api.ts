/** Thrown when a request fails. The page may show the message to the user. */
export class ApiError extends Error {
  /** The HTTP status, or 0 if the server did not answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** A request that takes longer counts as not answered. */
const REQUEST_TIMEOUT_MS = 8_000;

/** Sends a request to the desk's API and resolves to the JSON of the response. Rejects with {@link ApiError}. */
export async function request<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, cache: "no-store", signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError(0, "The server does not answer. Try again later.");
  }
  const answer = (await response.json().catch(() => undefined)) as (T & { message?: string }) | undefined;
  if (!response.ok) throw new ApiError(response.status, answer?.message ?? `The server answered ${response.status}.`);
  return answer as T;
}
