import { SluiceError } from "../../base/errors/sluice-error.ts";

/** Thrown by work on a channel that the folder does not have any more: it was deleted. The work has changed nothing. */
export class ChannelDeleted extends SluiceError {
  constructor() {
    super("LOG_FAILED", "The channel was deleted. Try again.");
  }
}
