import type {
  GetScheduleCommandOutput,
  ListSchedulesCommandOutput,
  UpdateScheduleCommandInput,
} from "@aws-sdk/client-scheduler";
import { checkPackage, needed, SCHEDULER } from "../needed.ts";
import { randomId } from "../random-id.ts";
import { isScheduleError, scheduleError } from "./errors.ts";
import type { ResolvedEventBridge } from "./options.ts";

/** A schedule without its name: all of it is written with every update. */
export type ScheduleBody = Omit<UpdateScheduleCommandInput, "Name" | "GroupName" | "ClientToken">;

/** The calls of one operation. @throws ScheduleError */
export interface Calls {
  /** Undefined where there is no such schedule. */
  get(name: string): Promise<GetScheduleCommandOutput | undefined>;
  create(name: string, body: ScheduleBody): Promise<void>;
  update(name: string, body: ScheduleBody): Promise<void>;
  /** False where there was no such schedule. */
  remove(name: string): Promise<boolean>;
  page(prefix: string, token: string | undefined): Promise<ListSchedulesCommandOutput>;
}

/** Most schedules in one answer of ListSchedules. */
const PAGE_SIZE = 100;

/** Older ones leave out what deletes a wake that has run. */
async function load() {
  const sdk = await needed("xdrain/eventbridge", SCHEDULER, () => import("./commands.ts"));
  checkPackage("xdrain/eventbridge", SCHEDULER, sdk.ActionAfterCompletion !== undefined);
  return sdk;
}

/**
 * A request carries a token of its own, which the SDK repeats with its tries: what was done and whose
 * answer was lost is not done twice. A token that follows from the name would be wrong: the service
 * might take a wake that was removed for one that it has made already.
 */
export function openCalls(
  { client, group: GroupName, clock, timeoutMs }: ResolvedEventBridge,
  /** Whether the timeout is for all calls together, or for each. */
  timing: "together" | "each",
): Calls {
  let together: AbortSignal | undefined;
  const options = () => {
    if (timing === "each") return { abortSignal: AbortSignal.timeout(timeoutMs) };
    together ??= AbortSignal.timeout(timeoutMs);
    return { abortSignal: together };
  };
  const token = () => randomId(clock.random);

  return {
    async get(Name) {
      const { GetScheduleCommand } = await load();
      const command = new GetScheduleCommand({ Name, GroupName });
      const got = client.send(command, options());
      return absentAs(undefined, translated("GetSchedule", Name, got));
    },
    async create(Name, body) {
      const { CreateScheduleCommand } = await load();
      const command = new CreateScheduleCommand({ ...body, Name, GroupName, ClientToken: token() });
      await translated("CreateSchedule", Name, client.send(command, options()));
    },
    async update(Name, body) {
      const { UpdateScheduleCommand } = await load();
      const command = new UpdateScheduleCommand({ ...body, Name, GroupName, ClientToken: token() });
      await translated("UpdateSchedule", Name, client.send(command, options()));
    },
    async remove(Name) {
      const { DeleteScheduleCommand } = await load();
      const command = new DeleteScheduleCommand({ Name, GroupName, ClientToken: token() });
      const removed = translated("DeleteSchedule", Name, client.send(command, options()));
      return absentAs(
        false,
        removed.then(() => true),
      );
    },
    async page(NamePrefix, NextToken) {
      const { ListSchedulesCommand } = await load();
      const command = new ListSchedulesCommand({
        GroupName,
        NamePrefix,
        NextToken,
        MaxResults: PAGE_SIZE,
      });
      return translated("ListSchedules", NamePrefix, client.send(command, options()));
    },
  };
}

async function translated<T>(operation: string, name: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw scheduleError(operation, name, error);
  }
}

async function absentAs<T, Absent>(absent: Absent, answer: Promise<T>): Promise<T | Absent> {
  try {
    return await answer;
  } catch (error) {
    if (isScheduleError(error, "not_found")) return absent;
    throw error;
  }
}
