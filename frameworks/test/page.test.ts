import { describe, expect, it } from "vitest";
import { filesOfMarkdown } from "../frame/page.mjs";

const page = (...blocks: string[]) => blocks.map((block) => `\`\`\`ts\n${block}\n\`\`\`\n`).join("\nText.\n\n");

describe("the files of a page", () => {
  it("are the blocks whose first line is a comment with a path", () => {
    const files = filesOfMarkdown(
      page("// server.ts\nlet a;", "let b;", "// a remark\nlet c;", "// src/app/[id]/route.ts\nlet d;"),
    );
    expect([...files]).toEqual([
      ["server.ts", "// server.ts\nlet a;\n"],
      ["src/app/[id]/route.ts", "// src/app/[id]/route.ts\nlet d;\n"],
    ]);
  });

  it("may be of any language, and JSON has no comment", () => {
    const files = filesOfMarkdown(
      "```svelte\n<!-- a.svelte -->\n<p/>\n```\n```toml\n# b.toml\n```\n```json\n// c.json\n{}\n```\n",
    );
    expect([...files.keys()]).toEqual(["a.svelte", "b.toml", "c.json"]);
    expect(files.get("c.json")).toBe("{}\n");
  });

  it("have paths that differ", () => {
    expect(() => filesOfMarkdown(page("// a.ts", "// a.ts"))).toThrow("two blocks for a.ts");
  });

  it("lie inside the project", () => {
    expect(filesOfMarkdown(page("// ../a.ts", "// /a.ts")).size).toBe(0);
  });
});
