import { ApiError, request } from "../server/api.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import { announce } from "../ui/announce.ts";
import { find, fromTemplate, textElement } from "../ui/element.ts";
import { countOf, formatBytes, formatTime } from "../ui/format.ts";

interface Progress {
  readonly percentage: number;
  readonly status: string;
}

interface Finished {
  readonly downloadUrl: string;
  readonly fileName: string;
  readonly rows: number;
  readonly bytes: number;
}

/** An export: started by a request, followed on a stream that ends with it, and then downloaded. */
export class ExportsPane {
  #stream: LiveStream;
  #jobId: string | undefined;
  #start = find<HTMLButtonElement>("#export-start");
  #cancel = find<HTMLButtonElement>("#export-cancel");
  #progress = find("#export-progress");
  #bar = find<HTMLProgressElement>("#export-bar");
  #error = find("#export-error");
  #downloads = find("#downloads");

  constructor(stream: LiveStream) {
    this.#stream = stream;
    stream.on<Progress>("progress", (progress) => this.#advance(progress));
    stream.on<Finished>("completed", (finished) => this.#completed(finished));
    stream.on<{ message: string }>("failed", ({ message }) => this.#over(`The export failed: ${message}`));
    stream.on<unknown>("cancelled", () => this.#over("The export was cancelled."));
    stream.addEventListener("lost", () => void this.#lost());
    this.#start.addEventListener("click", () => void this.#begin());
    this.#cancel.addEventListener("click", () => void this.#stop());
  }

  /** Forgets another user's exports; the server would not give them out anyway. */
  clear(): void {
    this.#stream.reset();
    this.#jobId = undefined;
    this.#downloads.replaceChildren();
    find("#downloads-empty").hidden = false;
    this.#over("");
  }

  async #begin(): Promise<void> {
    this.#start.disabled = true;
    this.#error.textContent = "";
    try {
      const { jobId } = await request<{ jobId: string }>("POST", "/api/exports/start");
      this.#jobId = jobId;
      this.#advance({ percentage: 0, status: "Waiting for the server" });
      this.#progress.hidden = false;
      this.#cancel.hidden = false;
      this.#stream.reset(`/api/exports/${jobId}/progress`);
      this.#stream.open();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#over(cause.message);
    }
  }

  async #stop(): Promise<void> {
    try {
      await request("DELETE", `/api/exports/${this.#jobId}`);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#error.textContent = cause.message;
    }
  }

  #advance({ percentage, status }: Progress): void {
    this.#bar.value = percentage;
    find("#export-status").textContent = status;
    find("#export-percentage").textContent = `${percentage} %`;
  }

  #completed(finished: Finished): void {
    this.#over("");
    const item = fromTemplate("download");
    const link = textElement("a", finished.fileName, "download-name");
    link.href = finished.downloadUrl;
    link.download = finished.fileName;
    item.prepend(link);
    const note = `${countOf(finished.rows, "order")}, ${formatBytes(finished.bytes)}, ${formatTime(Date.now())}`;
    find(".download-note", item).textContent = note;
    this.#downloads.prepend(item);
    find("#downloads-empty").hidden = true;
    announce(`Export finished: ${finished.fileName}, ${countOf(finished.rows, "order")}.`);
  }

  /** The job is over. The stream is left to the server, whose 204 tells the browser not to come back. */
  #over(message: string): void {
    this.#stream.finish();
    this.#progress.hidden = true;
    this.#cancel.hidden = true;
    this.#start.disabled = false;
    this.#error.textContent = message;
    this.#jobId = undefined;
  }

  /** A refused connection may mean that the server was restarted and knows nothing of the job. */
  async #lost(): Promise<void> {
    if (this.#stream.state !== "refused" || this.#jobId === undefined) return;
    try {
      await request("GET", `/api/exports/${this.#jobId}`);
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.status !== 404) return;
      this.#over("The server was restarted and no longer knows this export. Start it again.");
      this.#stream.close("ended");
    }
  }
}
