import { CommandError } from "./errors.ts";

/**
 * Loads a part of the library that works with packages which not everybody has.
 * @throws CommandError that says which package to install
 */
export async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    const missing = /Cannot find package '([^']+)'/.exec(String(message))?.[1];
    if (code !== "ERR_MODULE_NOT_FOUND" || missing === undefined) throw error;
    throw new CommandError(`It needs the package ${missing}: npm install ${missing}`, {}, error);
  }
}
