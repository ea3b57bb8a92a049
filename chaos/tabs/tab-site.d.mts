/** A server with a channel of numbers, and a page that shares a stream of it. */
export interface TabSite extends AsyncDisposable {
  readonly url: string;
  /** Number of requests for a stream, and the highest number of open ones. */
  readonly counts: { requests: number; most: number };
  /** Number of open streams. */
  readonly open: number;
  /** The newest number. */
  readonly published: number;
  /** The position of the newest number. */
  readonly lastId: string;
  publish(user?: string, type?: string): Promise<void>;
}

export declare function startTabSite(): Promise<TabSite>;
