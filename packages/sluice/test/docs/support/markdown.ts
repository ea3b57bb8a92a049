/** A fenced block of a Markdown text. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The line of the text on which the code begins. */
  readonly line: number;
}

/** Returns the fenced blocks in order. A block within a block is part of the outer one's code. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(FENCE)].map(({ index, 2: language = "", 3: code = "" }) => ({
    language,
    code,
    line: markdown.slice(0, index).split("\n").length + 1,
  }));
}

/** Returns the lines with a fence that does not begin at the margin, which {@link codeBlocks} would not see. */
export function indentedFences(markdown: string): string[] {
  return withoutBlocks(markdown).match(/^[ \t>]+`{3,}.*$/gm) ?? [];
}

/** Returns the text of each code span outside blocks. */
export function codeSpans(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
}

/** Returns the targets of links and images, without those in code. */
export function linkTargets(markdown: string): string[] {
  const prose = withoutBlocks(markdown).replace(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
  const definitions = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...definitions].map((match) => match[1] as string);
}

/** Returns the text of each heading of one level, such as 2 for `##`. */
export function headings(markdown: string, level: number): string[] {
  return [...withoutBlocks(markdown).matchAll(HEADING)]
    .filter(({ 1: marks = "" }) => marks.length === level)
    .map(({ 2: heading = "" }) => heading);
}

/** Returns the anchors of the headings, made as on GitHub. */
export function headingAnchors(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(markdown).matchAll(HEADING)].map(({ 2: heading = "" }) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/** Returns the code in the first cell of each row, of the tables under a heading of level 2. */
export function firstColumn(markdown: string, heading: string): string[] {
  const section = `\n${markdown}`.split(/\n## /).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] as string);
}

/** A script of a package.json that a text names. */
export interface NamedScript {
  readonly script: string;
  /** The workspace after `-w`, if there is one. */
  readonly workspace: string | undefined;
}

/** Scripts that npm runs without `run`. */
const SHORT = ["start", "test"];

/** Returns the scripts named in code spans and blocks: `npm run lint`, `npm test`, `npm run build -w sluice`. */
export function namedScripts(markdown: string): NamedScript[] {
  const code = [...codeBlocks(markdown).map((block) => block.code), ...codeSpans(markdown)].join("\n");
  const commands = code.matchAll(/\bnpm (?:(run) )?([\w:-]+)((?:[ \t]+(?!&&|#)[^\s;|]+)*)/g);
  return [...commands].flatMap(({ 1: run, 2: script = "", 3: rest = "" }) => {
    if (run === undefined && !SHORT.includes(script)) return [];
    return [{ script, workspace: /(?:^|\s)(?:-w|--workspace)[ =](\S+)/.exec(rest)?.[1] }];
  });
}

/** From a line of three or more backticks to the next line of as many. */
const FENCE = /^(`{3,})([\w-]*)[^\n]*\n(.*?)^\1[ \t]*$/gms;
const HEADING = /^(#{1,6}) +(.+?) *#*$/gm;

function withoutBlocks(markdown: string): string {
  return markdown.replace(FENCE, "");
}
