import { openSync, writeSync } from "node:fs";

/** Appends to a file that outlives a SIGKILL of the writer: a write that returned is in the kernel. */
export function appendTo(path: string): (text: string) => void {
  const file = openSync(path, "a");
  return (text) => {
    writeSync(file, text);
  };
}
