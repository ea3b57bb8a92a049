/** A fenced block of a Markdown text. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The line of the text on which its code begins. */
  readonly line: number;
}

/** The fenced blocks, in order. A block within a block is a part of its text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(FENCE)].map(({ index, 2: language = "", 3: code = "" }) => ({
    language,
    code,
    line: markdown.slice(0, index).split("\n").length + 1,
  }));
}

/** Where the links of a text point, without those in its code; images are links too. */
export function linkTargets(markdown: string): string[] {
  const prose = withoutCode(markdown);
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
  const definitions = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...definitions].map((match) => match[1] as string);
}

/** The anchors that the headings of a text have, made as on GitHub. */
export function headingAnchors(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...markdown.replace(FENCE, "").matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(({ 1: heading = "" }) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
      .replaceAll(" ", "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/** A script of a package.json that a text tells its readers to run. */
export interface NamedScript {
  readonly script: string;
  /** The workspace after `-w`, if there is one. */
  readonly workspace: string | undefined;
}

/** Scripts that npm runs without `run`. */
const SHORT = ["start", "test"];

/** The scripts that a text names in its code, spans and blocks: `npm run lint`, `npm test`, `npm run build -w sluice`. */
export function namedScripts(markdown: string): NamedScript[] {
  const spans = [...markdown.replace(FENCE, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
  const code = [...codeBlocks(markdown).map((block) => block.code), ...spans].join("\n");
  const commands = code.matchAll(/\bnpm (?:(run) )?([\w:-]+)((?:[ \t]+(?!&&|#)[^\s;|]+)*)/g);
  return [...commands].flatMap(({ 1: run, 2: script = "", 3: rest = "" }) => {
    if (run === undefined && !SHORT.includes(script)) return [];
    return [{ script, workspace: /(?:^|\s)(?:-w|--workspace)[ =](\S+)/.exec(rest)?.[1] }];
  });
}

/** From a line of three or more backticks to the next of as many. */
const FENCE = /^(`{3,})([\w-]*)[^\n]*\n(.*?)^\1[ \t]*$/gms;

function withoutCode(markdown: string): string {
  return markdown.replace(FENCE, "").replace(/`[^`\n]*`/g, "");
}
