import type { Conformance } from "./conformance/run.ts";
import type { Finding, Severity, Unseen } from "./finding.ts";
import { counted } from "./words.ts";

/** Marks text for people. */
export interface Marks {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const TITLES: Readonly<Record<Severity, string>> = {
  problem: "PROBLEM",
  warning: "WARNING",
  note: "NOTE",
};
/** What parts a command from what is said of it. */
const COMMENT = "  # ";
const INDENT = " ".repeat(9);

/** What was found, as a person reads it; lines are broken where a width is known, but for commands. */
export function diagnosisLines(
  diagnosis: {
    readonly queue: string;
    readonly findings: readonly Finding[];
    readonly unseen: readonly Unseen[];
  },
  marks: Marks,
  width: number | undefined,
): string[] {
  const { queue, findings, unseen } = diagnosis;
  const summary = findings.length === 0 ? marks.green("nothing was found") : countAll(findings);
  return [
    `${marks.bold(safe(queue))}: ${summary}.`,
    ...findings.flatMap((finding) => ["", ...findingLines(finding, marks, width)]),
    ...unseenLines(unseen, marks),
    ...(findings.some(({ mend }) => mend.startsWith("redis-cli"))
      ? ["", marks.dim("redis-cli finds this Redis by -u and its address.")]
      : []),
  ];
}

function countAll(findings: readonly Finding[]): string {
  const severities: readonly Severity[] = ["problem", "warning", "note"];
  return severities
    .map((severity) => [severity, findings.filter((one) => one.severity === severity)] as const)
    .filter(([, some]) => some.length > 0)
    .map(([severity, some]) => counted(some.length, severity))
    .join(", ");
}

function findingLines(
  { severity, what, why, mend, id }: Finding,
  marks: Marks,
  width: number | undefined,
): string[] {
  const colour = { problem: marks.red, warning: marks.yellow, note: marks.dim }[severity];
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(40, width - INDENT.length);
  const [head = "", ...more] = broken(`${safe(what)} [${id}]`, room);
  return [
    `${colour(TITLES[severity])}${INDENT.slice(TITLES[severity].length)}${marks.bold(head)}`,
    ...more.map((line) => `${INDENT}${marks.bold(line)}`),
    ...broken(safe(why), room).map((line) => `${INDENT}${line}`),
    ...mendLines(safe(mend), room).map((line) => INDENT + line(marks)),
  ];
}

/** The command in one line, so that it can be copied, and what is to be said of it below. */
function mendLines(mend: string, room: number): ((marks: Marks) => string)[] {
  const at = mend.indexOf(COMMENT);
  const [command, comment] =
    at === -1 ? [mend, ""] : [mend.slice(0, at), mend.slice(at + COMMENT.length)];
  const said = comment === "" ? [] : broken(comment, room - 2);
  return [
    (marks) => `${marks.green("$")} ${command}`,
    ...said.map((line) => (marks: Marks) => marks.dim(`# ${line}`)),
  ];
}

/** Lines of so many characters at most, as far as the words allow it. */
function broken(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || longer.length > room) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function unseenLines(unseen: readonly Unseen[], marks: Marks): string[] {
  if (unseen.length === 0) return [];
  return [
    "",
    "Could not be seen with this token:",
    ...unseen.map(({ what, why }) => `  ${safe(what)} ${marks.dim(`(${safe(why)})`)}`),
  ];
}

/** What a server promises, as a person reads it. */
export function conformanceLines(conformance: Conformance, marks: Marks): string[] {
  const { abilities, verdicts, roundTripMs } = conformance;
  const broken = verdicts.filter(({ kept }) => !kept);
  const width = Math.max(...abilities.map(({ name }) => name.length));
  return [
    ...abilities.map(
      ({ name, value, enough }) =>
        `${name.padEnd(width)}  ${enough ? safe(value) : marks.red(safe(value))}`,
    ),
    `${"round trip".padEnd(width)}  ${roundTripMs < 1 ? "less than 1" : Math.round(roundTripMs)} ms`,
    "",
    ...verdicts.flatMap(({ promise, kept, found }) => [
      `${kept ? marks.green("kept  ") : marks.red("BROKEN")}  ${promise}.`,
      ...(found === undefined ? [] : [`        ${safe(found)}`]),
    ]),
    "",
    broken.length === 0
      ? marks.green(`All ${counted(verdicts.length, "promise")} that were tried are kept.`)
      : marks.red(`${broken.length} of ${counted(verdicts.length, "promise")} are not kept.`),
  ];
}

/** Names come from others, and may hold what a terminal obeys. */
function safe(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}/gu, "\uFFFD");
}
