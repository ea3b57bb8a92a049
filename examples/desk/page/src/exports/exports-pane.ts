import type { ExportProgress, FinishedExport, StartedExport } from "../../../wire/export.ts";
import { ApiError, request } from "../server/api.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import { announce } from "../ui/announce.ts";
import { find, fromTemplate, textElement } from "../ui/element.ts";
import { countOf, formatBytes, formatTime } from "../ui/format.ts";

/** Starts an export by a request, follows it on a stream that ends with the job, and offers the file for download. */
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
    stream.part.on<ExportProgress>("progress", (progress) => this.#showProgress(progress));
    stream.part.on<FinishedExport>("completed", (finished) => this.#showFinished(finished));
    stream.part.on<{ message: string }>("failed", ({ message }) => this.#showEnded(`The export failed: ${message}`));
    stream.part.on<unknown>("cancelled", () => this.#showEnded("The export was cancelled."));
    stream.addEventListener("lost", () => void this.#lost());
    this.#start.addEventListener("click", () => void this.#startExport());
    this.#cancel.addEventListener("click", () => void this.#cancelExport());
  }

  /** Removes the exports of the previous user. The server would refuse their download. */
  clear(): void {
    this.#stream.reset();
    this.#jobId = undefined;
    this.#downloads.replaceChildren();
    find("#downloads-empty").hidden = false;
    this.#showEnded("");
  }

  async #startExport(): Promise<void> {
    this.#start.disabled = true;
    this.#error.textContent = "";
    try {
      const { jobId } = await request<StartedExport>("POST", "/api/exports/start");
      this.#jobId = jobId;
      this.#showProgress({ percentage: 0, status: "Waiting for the server" });
      this.#progress.hidden = false;
      this.#cancel.hidden = false;
      this.#stream.reset(`/api/exports/${jobId}/progress`);
      this.#stream.open("");
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#showEnded(cause.message);
    }
  }

  async #cancelExport(): Promise<void> {
    try {
      await request("DELETE", `/api/exports/${this.#jobId}`);
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      this.#error.textContent = cause.message;
    }
  }

  #showProgress({ percentage, status }: ExportProgress): void {
    this.#bar.value = percentage;
    find("#export-status").textContent = status;
    find("#export-percentage").textContent = `${percentage} %`;
  }

  #showFinished(finished: FinishedExport): void {
    this.#showEnded("");
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

  /** Shows that the job has ended. */
  #showEnded(message: string): void {
    this.#progress.hidden = true;
    this.#cancel.hidden = true;
    this.#start.disabled = false;
    this.#error.textContent = message;
    this.#jobId = undefined;
  }

  /** If the connection was refused, checks whether the server has restarted and lost the job. */
  async #lost(): Promise<void> {
    if (this.#stream.state !== "refused" || this.#jobId === undefined) return;
    try {
      await request("GET", `/api/exports/${this.#jobId}`);
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.status !== 404) return;
      this.#showEnded("The server has restarted and lost this export. Start it again.");
      this.#stream.close("ended");
    }
  }
}
