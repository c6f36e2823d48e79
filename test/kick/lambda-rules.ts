// What Lambda's Invoke takes: the patterns and lengths of its published reference.

const NAME =
  /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d:)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;
const QUALIFIER = /^(?:\$(?:LATEST(?:\.PUBLISHED)?)|[a-zA-Z0-9-_$]+)$/;

/** A function's own name and what of it is invoked; undefined for what the service would refuse. */
export function readFunctionName(
  given: string,
  qualifier: string | null,
): { readonly name: string; readonly qualifier: string } | undefined {
  const match = NAME.exec(given);
  if (match === null || given.length > 256) return undefined;
  const [, , name = "", ofName] = match;
  if (name.length > 64) return undefined;
  if (qualifier !== null && !(QUALIFIER.test(qualifier) && qualifier.length <= 128)) {
    return undefined;
  }
  // Two that differ contradict each other.
  if (ofName !== undefined && qualifier !== null && ofName !== qualifier) return undefined;
  return { name, qualifier: ofName ?? qualifier ?? "$LATEST" };
}

/** Most bytes of an asynchronous event. */
export const MOST_BYTES = 1_048_576;
