/** What one hears of an event stream: the same shape from the interpreter below and from the parser under test. */
export interface Heard {
  events: { type: string; data: string; lastEventId: string }[];
  retries: number[];
  comments: string[];
  lastEventId: string;
}

/** [spec] Streams must be decoded using the UTF-8 decode algorithm, which strips one byte order mark. */
export function interpretBytes(bytes: Uint8Array, lastEventId = ""): Heard {
  return interpretText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), lastEventId);
}

/**
 * WHATWG HTML, section 9.2.6, sentence by sentence, on the whole text at once: slow, and plain enough to check by eye.
 * Two things the standard leaves to its reader are as the vectors have them: the last event ID buffer begins with the
 * last event ID of the connection before, and a line that has no end is none.
 */
export function interpretText(text: string, lastEventId = ""): Heard {
  const heard: Heard = { events: [], retries: [], comments: [], lastEventId };
  let dataBuffer = "";
  let typeBuffer = "";
  let idBuffer = lastEventId;

  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  lines.pop(); // what follows the last line end
  for (const line of lines) {
    if (line === "") dispatch();
    else if (line.startsWith(":")) heard.comments.push(line.slice(1).replace(/^ /, ""));
    else if (line.includes(":")) {
      const colon = line.indexOf(":");
      processField(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
    } else processField(line, "");
  }
  return heard;

  function processField(field: string, value: string): void {
    if (field === "event") typeBuffer = value;
    if (field === "data") dataBuffer += `${value}\n`;
    if (field === "id" && !value.includes("\0")) idBuffer = value;
    if (field === "retry" && value !== "" && [...value].every((character) => "0123456789".includes(character)))
      heard.retries.push(Number.parseInt(value, 10));
  }

  function dispatch(): void {
    heard.lastEventId = idBuffer;
    if (dataBuffer !== "") {
      const data = dataBuffer.endsWith("\n") ? dataBuffer.slice(0, -1) : dataBuffer;
      heard.events.push({ type: typeBuffer === "" ? "message" : typeBuffer, data, lastEventId: idBuffer });
    }
    dataBuffer = "";
    typeBuffer = "";
  }
}
