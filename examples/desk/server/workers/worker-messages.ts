/** What a worker is told when it begins. */
export interface WorkerTask {
  /** Its name: its place among the workers, and something that no earlier one in this place had. */
  readonly name: string;
  readonly port: number;
  /** The same for all, so that a session holds whichever worker is asked. */
  readonly jwtSecret: string;
  /** Where all of them write exports. */
  readonly exportsFolder: string;
  /** When the desk was started, in ms since 1970. */
  readonly startedAt: number;
  /** Whether it sets the generator to what the command line says: the very first worker does. */
  readonly setsGenerator: boolean;
}

/** What the primary process tells a worker. */
export type ToWorker =
  | { readonly type: "begin"; readonly task: WorkerTask }
  /** Another worker wants to know something. */
  | { readonly type: "question"; readonly id: number; readonly kind: string; readonly data: unknown }
  /** What the other workers said. */
  | { readonly type: "answers"; readonly id: number; readonly answers: readonly unknown[] }
  /** Another worker has ended, however it did. */
  | { readonly type: "gone"; readonly name: string }
  | { readonly type: "drain" };

/** What a worker tells the primary process. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "listening" }
  /** It could not start; `log`: for the log's sake, which may be there later. */
  | { readonly type: "failed"; readonly message: string; readonly log: boolean }
  | { readonly type: "ask"; readonly id: number; readonly kind: string; readonly data: unknown }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown };
