/** An answer of the server that is not a success; `message` is fit to be shown. */
export class ApiError extends Error {
  /** The HTTP status; 0: no answer came. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** How long a request may take before we call the server away. */
const REQUEST_TIMEOUT_MS = 8_000;

/** Sends a request to the desk's API and resolves to the JSON of the answer. Throws {@link ApiError}. */
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
    throw new ApiError(0, "The server does not answer. Try again when it is back.");
  }
  const answer = (await response.json().catch(() => undefined)) as (T & { message?: string }) | undefined;
  if (!response.ok) throw new ApiError(response.status, answer?.message ?? `The server answered ${response.status}.`);
  return answer as T;
}
