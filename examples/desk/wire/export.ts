/** The data of an export's `progress` events. */
export interface ExportProgress {
  /** From 0 to 100. */
  readonly percentage: number;
  /** Text for people. */
  readonly status: string;
}

/** The data of an export's `completed` event. */
export interface FinishedExport {
  readonly downloadUrl: string;
  readonly fileName: string;
  readonly rows: number;
  readonly bytes: number;
}

/** The response of `POST /api/exports/start`. */
export interface StartedExport {
  readonly jobId: string;
}
