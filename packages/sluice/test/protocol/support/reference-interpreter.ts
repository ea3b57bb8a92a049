/** Everything that an event stream reports: the interpreter below and the parser under test give the same shape. */
export interface StreamReport {
  events: { type: string; data: string; lastEventId: string }[];
  retries: number[];
  comments: string[];
  lastEventId: string;
}

/** [spec] Streams must be decoded using the UTF-8 decode algorithm, which strips one byte order mark. */
export function interpretBytes(bytes: Uint8Array, lastEventId = ""): StreamReport {
  return interpretText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), lastEventId);
}

/**
 * Implements WHATWG HTML, section 9.2.6, sentence by sentence, on the whole text at once. It is slow, and simple enough
 * to check by eye. The standard leaves two things open, and the vectors decide them: the last event ID buffer begins
 * with the last event ID of the previous connection, and a line without a line end is dropped.
 */
export function interpretText(text: string, lastEventId = ""): StreamReport {
  const report: StreamReport = { events: [], retries: [], comments: [], lastEventId };
  let dataBuffer = "";
  let typeBuffer = "";
  let idBuffer = lastEventId;

  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  lines.pop(); // the text after the last line end
  for (const line of lines) {
    if (line === "") dispatch();
    else if (line.startsWith(":")) report.comments.push(line.slice(1).replace(/^ /, ""));
    else if (line.includes(":")) {
      const colon = line.indexOf(":");
      processField(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
    } else processField(line, "");
  }
  return report;

  function processField(field: string, value: string): void {
    if (field === "event") typeBuffer = value;
    if (field === "data") dataBuffer += `${value}\n`;
    if (field === "id" && !value.includes("\0")) idBuffer = value;
    if (field === "retry" && value !== "" && [...value].every((character) => "0123456789".includes(character)))
      report.retries.push(Number.parseInt(value, 10));
  }

  function dispatch(): void {
    report.lastEventId = idBuffer;
    if (dataBuffer !== "") {
      const data = dataBuffer.endsWith("\n") ? dataBuffer.slice(0, -1) : dataBuffer;
      report.events.push({ type: typeBuffer === "" ? "message" : typeBuffer, data, lastEventId: idBuffer });
    }
    dataBuffer = "";
    typeBuffer = "";
  }
}
