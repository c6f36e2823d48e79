// Makes the scripts' fragments small: bundles carry them, and a Worker has little room. Comments and
// spaces go, and local variables get short names, the same ones in all fragments, since a script is
// made of several. Named keys and arguments keep their names: defineScript declares those.

import luaparse from "luaparse";

/** Types of luaparse's tokens. */
const END = 1;
const STRING = 2;
const NAME = 8;
const PUNCTUATION = 32;
const KEYWORDS = ["do", "if", "in", "or"];

interface Token {
  readonly text: string;
  /** A name that is a variable, not a field. */
  readonly variable: boolean;
  readonly word: boolean;
  readonly line: number;
}

interface Fragment {
  readonly tokens: readonly Token[];
  /** Variables that it declares anywhere, and those for the whole script. */
  readonly declared: ReadonlySet<string>;
  readonly shared: ReadonlySet<string>;
  /** Variables that it uses and does not declare. */
  readonly free: ReadonlySet<string>;
}

/** The fragments by name, each as short as it gets. */
export function shortenLua(sources: Readonly<Record<string, string>>): Record<string, string> {
  const fragments = Object.entries(sources).map(([name, text]) => [name, read(text)] as const);
  const shorter = chooseNames(fragments.map(([, fragment]) => fragment));
  return Object.fromEntries(fragments.map(([name, { tokens }]) => [name, write(tokens, shorter)]));
}

function read(source: string): Fragment {
  const declared = new Set<string>();
  const fields = new Set<number>();
  const declare = (nodes: readonly luaparse.Node[]) => {
    for (const node of nodes) if (node.type === "Identifier") declared.add(node.name);
  };
  const chunk = luaparse.parse(source, {
    luaVersion: "5.1",
    scope: true,
    ranges: true,
    onCreateNode(node) {
      if (node.type === "LocalStatement" || node.type === "ForGenericStatement") {
        declare(node.variables);
      } else if (node.type === "ForNumericStatement") {
        declare([node.variable]);
      } else if (node.type === "FunctionDeclaration") {
        declare(node.parameters);
        if (node.isLocal && node.identifier !== null) declare([node.identifier]);
      } else if (node.type === "MemberExpression") {
        fields.add(startOf(node.identifier));
      } else if (node.type === "TableKeyString") {
        fields.add(startOf(node.key));
      }
    },
  }) as luaparse.Chunk & { readonly globals: readonly luaparse.Identifier[] };
  const shared = chunk.body.flatMap((statement) => {
    if (statement.type === "LocalStatement") return statement.variables;
    const { type } = statement;
    return type === "FunctionDeclaration" && statement.isLocal ? [statement.identifier] : [];
  });
  return {
    tokens: tokensOf(source, fields),
    declared,
    shared: new Set(shared.map((node) => (node?.type === "Identifier" ? node.name : ""))),
    free: new Set(chunk.globals.map(({ name }) => name)),
  };
}

function startOf(node: luaparse.Node): number {
  return (node as { readonly range?: readonly [number, number] }).range?.[0] ?? -1;
}

function tokensOf(source: string, fields: ReadonlySet<number>): Token[] {
  const parser = luaparse.parse({ wait: true, luaVersion: "5.1" });
  parser.write(source);
  const tokens: Token[] = [];
  for (;;) {
    const { type, range, line } = parser.lex();
    if (type === END) return tokens;
    tokens.push({
      text: source.slice(...range),
      variable: type === NAME && !fields.has(range[0]),
      word: type !== STRING && type !== PUNCTUATION,
      line,
    });
  }
}

/** Short names for what fragments declare; the most frequent get the shortest. */
function chooseNames(fragments: readonly Fragment[]): ReadonlyMap<string, string> {
  const shared = new Set(fragments.flatMap((fragment) => [...fragment.shared]));
  const declared = new Set(fragments.flatMap((fragment) => [...fragment.declared]));
  // What no fragment declares for the whole script is a named key or argument, or Lua's own; so is what
  // one declares from itself (local tonumber = tonumber).
  const kept = new Set(
    fragments.flatMap((fragment) =>
      [...fragment.free].filter((name) => !shared.has(name) || fragment.shared.has(name)),
    ),
  );
  const uses = new Map<string, number>();
  for (const { text, variable } of fragments.flatMap((fragment) => fragment.tokens)) {
    const renamed = variable && declared.has(text) && !kept.has(text);
    if (renamed) uses.set(text, (uses.get(text) ?? 0) + 1);
  }
  const names = shortNames(new Set([...KEYWORDS, ...kept]));
  const byUse = [...uses].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return new Map(byUse.map(([name]) => [name, names.next().value ?? name]));
}

function* shortNames(taken: ReadonlySet<string>): Generator<string, undefined> {
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  for (const first of ["", ...letters]) {
    for (const last of letters) if (!taken.has(first + last)) yield first + last;
  }
  return undefined;
}

function write(tokens: readonly Token[], shorter: ReadonlyMap<string, string>): string {
  let text = "";
  let before: Token | undefined;
  for (const token of tokens) {
    const shown = token.variable ? (shorter.get(token.text) ?? token.text) : token.text;
    const numberBeforeDot = /\d$/.test(text) && shown.startsWith(".");
    const comment = text.endsWith("-") && shown.startsWith("-");
    // Lines stay lines: an error of the server names one.
    if (before !== undefined && before.line < token.line) text += "\n";
    else if ((before?.word && token.word) || numberBeforeDot || comment) text += " ";
    text += shown;
    before = token;
  }
  return text;
}
