import type { NodeResponse } from "../node-request.ts";

/** Closes the connection of HTTP/1.1 when the response is sent. Its head has promised to keep the connection. */
export function closeAfter(response: NodeResponse): void {
  const { socket } = response;
  response.on("finish", () => socket?.destroySoon?.());
}
