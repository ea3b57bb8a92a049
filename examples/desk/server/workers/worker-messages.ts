import type { Certificate } from "../tls/certificate.ts";

/** The task that the primary process gives a worker. */
export interface WorkerTask {
  /** The worker's slot and a random suffix, unique among all workers that this desk ever starts. */
  readonly name: string;
  readonly port: number;
  /** The same secret for all workers, so that a session is valid on each of them. */
  readonly jwtSecret: string;
  /** The same certificate for all workers; `undefined`: the desk serves HTTP. */
  readonly certificate?: Certificate | undefined;
  /** Folder that all workers write exports to. */
  readonly exportsFolder: string;
  /** When the desk was started, in ms since 1970. */
  readonly startedAt: number;
  /** True for the first worker only. It sets the generator to the rate from the command line. */
  readonly setsGenerator: boolean;
}

/** A message from the primary process to a worker. */
export type ToWorker =
  | { readonly type: "begin"; readonly task: WorkerTask }
  /** Another worker's question. */
  | { readonly type: "question"; readonly id: number; readonly kind: string; readonly data: unknown }
  /** The other workers' answers to this worker's question, or the primary process's answer to `take-permit`. */
  | { readonly type: "answers"; readonly id: number; readonly answers: readonly unknown[] }
  /** Another worker has exited, cleanly or not. */
  | { readonly type: "exited"; readonly name: string }
  /** The desk stops: the worker ends its streams and exits. */
  | { readonly type: "drain" };

/** A message from a worker to the primary process. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "listening" }
  /** The worker could not start. If `logUnreachable` is true, a later attempt may succeed. */
  | { readonly type: "failed"; readonly message: string; readonly logUnreachable: boolean }
  | { readonly type: "ask"; readonly id: number; readonly kind: string; readonly data: unknown }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  /** Asks for a permit to run an export. The only answer is `true` or `false`. */
  | { readonly type: "take-permit"; readonly id: number; readonly user: string }
  | { readonly type: "give-permit-back"; readonly user: string };
