// Loaded by the first call: bundles keep of the SDK what is named here.
export {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
