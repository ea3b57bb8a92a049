/** State of the order generator: the response of `GET` and `POST /api/generator`. */
export interface GeneratorState {
  readonly running: boolean;
  /** Orders per second. */
  readonly perSecond: number;
}
