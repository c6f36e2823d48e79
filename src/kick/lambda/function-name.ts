import { OptionError } from "../../errors.ts";
import { refuse } from "../../expect.ts";

// The service's rules, as its reference of Invoke has them.

const ARN = /^arn:aws(?:-[a-z]+)*:lambda:[a-z]+(?:-[a-z]+)+-\d{1,2}:\d{12}:function:/;
const PARTIAL_ARN = /^\d{12}:function:/;
const QUALIFIER = /^(?:\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]{1,128})$/;

/** A function by its name, its ARN or a part of that, each with or without a version or an alias. */
export function functionName(option: string, given: unknown): string {
  const [name = "", qualifier] = typeof given === "string" ? bareName(given).split(/:(.*)/s) : [];
  const isName = /^[a-zA-Z0-9_.-]{1,64}$/.test(name);
  if (isName && (qualifier === undefined || QUALIFIER.test(qualifier))) return given as string;
  return refuse(
    option,
    "a function's name of at most 64 of the characters a-z A-Z 0-9 - _, or its ARN",
    given,
  );
}

function bareName(given: string): string {
  return given.replace(ARN, "").replace(PARTIAL_ARN, "");
}

/** A version or an alias. @throws OptionError where the function's name says one too. */
export function qualifierOf(option: string, given: unknown, functionName: string): string {
  if (typeof given !== "string" || !QUALIFIER.test(given)) {
    return refuse(option, "a version or an alias, such as 7, live or $LATEST", given);
  }
  if (!bareName(functionName).includes(":")) return given;
  throw new OptionError(`Expected \`${option}\` or a function's name with one, got both.`);
}
