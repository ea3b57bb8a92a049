import type { StreamConfig } from "@nats-io/jetstream";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { messageOf } from "../../../base/errors/thrown.ts";
import {
  ACCOUNT_LIMITS_EXCEEDED,
  apiCode,
  INSUFFICIENT_MEMORY,
  INSUFFICIENT_RESOURCES,
  INSUFFICIENT_STORAGE,
  NO_SUITABLE_PEERS,
  STREAM_ABOVE_ACCOUNT_LIMIT,
  STREAM_NOT_CREATED,
  TOO_MANY_STREAMS,
} from "../connection/nats-errors.ts";

/** The settings of a stream that JetStream refused. */
type RefusedConfig = Pick<StreamConfig, "name" | "max_bytes">;

/**
 * Returns the error to throw if JetStream refuses a stream for want of room or files: its own message names neither the
 * cause nor a remedy. Returns any other error as it is.
 */
export function refusedStream(error: unknown, { name, max_bytes }: RefusedConfig): unknown {
  const remedy = remedyOf(apiCode(error));
  if (remedy === undefined) return error;
  const reserved = max_bytes > 0 ? `, for which it reserves ${max_bytes} bytes (¾ of the channel's retain.bytes)` : "";
  const message = `JetStream refuses the stream ${name}${reserved}: ${messageOf(error)}. ${remedy}`;
  return new SluiceError("LOG_FAILED", message, { cause: error });
}

function remedyOf(code: number | undefined): string | undefined {
  switch (code) {
    case INSUFFICIENT_STORAGE:
    case INSUFFICIENT_RESOURCES:
    case NO_SUITABLE_PEERS:
    case ACCOUNT_LIMITS_EXCEEDED:
    case STREAM_ABOVE_ACCOUNT_LIMIT:
      return moreRoom("max_file_store", "max_file");
    case INSUFFICIENT_MEMORY:
      return moreRoom("max_memory_store", "max_mem");
    case TOO_MANY_STREAMS:
      return "Each channel is a stream: delete channels, use topics, or give the account a larger max_streams.";
    case STREAM_NOT_CREATED:
      return "The server's log names the cause: a full disk, for example, or its limit of open files.";
    default:
      return undefined;
  }
}

function moreRoom(ofServer: string, ofAccount: string): string {
  return `Give its channel a smaller retain.bytes, or the server (${ofServer}) or account (${ofAccount}) more room.`;
}
