/**
 * The rights that each operation needs, for the role of whoever calls it: the actions of the service
 * on the schedules of the group (listing: on all), `iam:PassRole` on the target's role.
 */
export const SCHEDULE_ACTIONS = {
  ensureSchedule: [
    "scheduler:GetSchedule",
    "scheduler:CreateSchedule",
    "scheduler:UpdateSchedule",
    "iam:PassRole",
  ],
  wakeAt: ["scheduler:CreateSchedule", "iam:PassRole"],
  follow: ["scheduler:GetSchedule", "scheduler:UpdateSchedule", "iam:PassRole"],
  /** With a cadence, those of `follow` as well. */
  afterPass: ["scheduler:GetSchedule", "scheduler:CreateSchedule", "iam:PassRole"],
  pause: [
    "scheduler:GetSchedule",
    "scheduler:UpdateSchedule",
    "scheduler:ListSchedules",
    "scheduler:DeleteSchedule",
    "iam:PassRole",
  ],
  resume: ["scheduler:GetSchedule", "scheduler:UpdateSchedule", "iam:PassRole"],
  remove: ["scheduler:ListSchedules", "scheduler:DeleteSchedule"],
  list: ["scheduler:ListSchedules"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
