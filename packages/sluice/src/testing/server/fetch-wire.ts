import type { ScriptedRequest, Wire } from "./wire.ts";

/** An exchange within the process, whose answer is a `Response`. */
export class FetchWire implements Wire {
  readonly request: ScriptedRequest;
  readonly closed: Promise<void>;
  /** Resolves to the answer at its head. Rejects as `fetch` does if the connection is cut before. */
  readonly response: Promise<Response>;
  isClosed = false;
  #answer!: (response: Response) => void;
  #refuse!: (reason: unknown) => void;
  #close!: () => void;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The pieces that the client has not read, and then the end. A stream that fails would drop its own queue. */
  readonly #unread: (Uint8Array<ArrayBuffer> | "end" | "cut")[] = [];
  #onPiece: () => void = () => undefined;

  constructor(request: ScriptedRequest, signal: AbortSignal) {
    this.request = request;
    this.closed = new Promise((resolve) => {
      this.#close = () => {
        this.isClosed = true;
        resolve();
      };
    });
    this.response = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    const abort = () => {
      this.#refuse(signal.reason);
      this.#body?.error(signal.reason);
      this.#close();
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>): void {
    const hasBody = ![204, 205, 304].includes(status) && this.request.method !== "HEAD";
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#body = controller),
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#close(),
      },
      { highWaterMark: 0 },
    );
    this.#answer(new Response(hasBody ? body : null, { status, headers }));
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#add(bytes);
    return Promise.resolve();
  }

  end(): void {
    this.#add("end");
    this.#close();
  }

  halfClose(): void {
    this.cut();
  }

  cut(): void {
    this.#refuse(new TypeError("fetch failed"));
    this.#add("cut");
    this.#close();
  }

  #add(piece: Uint8Array<ArrayBuffer> | "end" | "cut"): void {
    if (this.isClosed) return;
    this.#unread.push(piece);
    this.#onPiece();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    let piece = this.#unread.shift();
    while (piece === undefined) {
      await new Promise<void>((resolve) => (this.#onPiece = resolve));
      piece = this.#unread.shift();
    }
    if (piece === "end") controller.close();
    else if (piece === "cut") controller.error(new TypeError("terminated"));
    else controller.enqueue(piece);
  }
}
