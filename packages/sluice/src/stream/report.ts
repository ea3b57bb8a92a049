/** The origin of a background failure. */
export interface ErrorContext {
  /**
   * The step that failed: `options`, `source`, `filter`, `parse`, `types`, `initial`, `latest-by`, `log`, `job`,
   * `cluster`, `load`, `connection-key`, `head`, `transport`, `on-refuse` or `on-close`.
   */
  readonly stage: string;
  readonly channel?: string;
  /** The ID of the stream concerned. */
  readonly stream?: string;
  /** Number of failures that this report stands for, if there are several. `error` is the first of them. */
  readonly count?: number;
  /** True if the log works again after an outage. The `cause` of `error` is the error that reported the outage. */
  readonly isOver?: boolean;
}

/** Reports a failure that has no caller. Never throws. */
export type Report = (error: unknown, context: ErrorContext) => void;
