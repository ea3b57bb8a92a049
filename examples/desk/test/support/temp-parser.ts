export function createParser({ onEvent }: { onEvent(e: { type: string; data: string; lastEventId: string }): void }) {
  let text = "";
  let last = "";
  const decoder = new TextDecoder();
  return {
    push(bytes: Uint8Array) {
      text += decoder.decode(bytes, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        let type = "message";
        const data: string[] = [];
        for (const line of text.slice(0, end).split("\n")) {
          if (line.startsWith("event: ")) type = line.slice(7);
          if (line.startsWith("data: ")) data.push(line.slice(6));
          if (line.startsWith("id: ")) last = line.slice(4);
        }
        text = text.slice(end + 2);
        if (data.length > 0) onEvent({ type, data: data.join("\n"), lastEventId: last });
      }
    },
  };
}
