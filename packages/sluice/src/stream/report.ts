/** The origin of a background failure. */
export interface ErrorContext {
  /**
   * The step that failed: `source`, `filter`, `initial`, `latest-by`, `log`, `job`, `cluster`, `load`,
   * `connection-key`, `head`, `transport` or `on-close`.
   */
  readonly stage: string;
  readonly channel?: string;
  /** The ID of the stream concerned. */
  readonly stream?: string;
}

/** Reports a failure that has no caller. Never throws. */
export type Report = (error: unknown, context: ErrorContext) => void;
