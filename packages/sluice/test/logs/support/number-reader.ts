import { get } from "node:http";

/** A subscriber that reads a stream of numbers, and checks that each follows the one before. */
export class NumberReader implements Disposable {
  /** The newest number received. */
  last: number;
  /** Description of the first failure. */
  failure: string | undefined;
  isOpen = false;
  readonly #request: ReturnType<typeof get>;
  readonly #onData: () => void;
  readonly #epoch: string;
  #rest = "";

  constructor(port: number, epoch: string, last: number, onData: () => void = () => undefined) {
    this.#epoch = epoch;
    this.last = last;
    this.#onData = onData;
    const headers = { "last-event-id": `${epoch}-${last}` };
    this.#request = get({ host: "127.0.0.1", port, headers }, (response) => {
      this.isOpen = response.statusCode === 200;
      response.setEncoding("latin1").on("data", (text) => this.#take(text));
      response.on("error", () => undefined).on("close", () => this.#failed("The stream ended."));
    });
    this.#request.on("error", (error) => this.#failed(error.message));
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #failed(why: string): void {
    this.failure ??= why;
  }

  #take(text: string): void {
    const whole = this.#rest + text;
    let start = 0;
    for (let end = whole.indexOf("\n\n"); end >= 0; end = whole.indexOf("\n\n", start)) {
      const block = whole.slice(start, end);
      start = end + 2;
      if (block.includes("data: ")) this.#takeEvent(block);
    }
    this.#rest = whole.slice(start);
    this.#onData();
  }

  #takeEvent(block: string): void {
    const next = this.last + 1;
    if (block.includes(`id: ${this.#epoch}-${next}\n`) && block.includes(`data: ${next} `)) this.last = next;
    else this.#failed(`Expected ${next}, received: ${block}`);
  }
}
