-- The turn itself, from the parts above. Suspects may be handed out first (1), last (2), or not now,
-- since another queue of the step had messages (3); see turn.ts and priorities.lua.

ask_for_keys()
settle_completed()
settle_parked(retry_at, dead_at - 1, 0)
settle_dead()
settle_parked(release_at, crashed_at - 1, 1)
settle_waiting()
renew_held()
resolve_unsettled()
local left = lost_claims()
if more.final == 1 then
  give_back_lost_claims(left)
  left = {}
end
flush()

local hand_empty = next(still_held) == nil
local due = {}
if more.first == 1 and attempt == 1 and #left > 0 then
  held_back, claim = 4, 0 -- another pass has drawn the same token, and works on them
elseif #left > 0 and claim + renew > 0 then
  claim_lost(left)
else
  -- A copy of an older turn: its pass has settled that, and knows nothing of what this would claim.
  if #unsettled > 0 then
    claim = 0
  end
  due, nothing_parked, leftovers.count = due_parked()
end

if promoted > 0 then
  length, first_ms, unread = length + promoted, first_ms or now, unread and unread + promoted
end
-- More consumers than ours for suspects: a dead pass may have left one.
local quiet = survey > 0 and pending == 0 and length == 0 and #due == 0 and consumers < 2
if survey > 0 and not quiet then
  local state = call("HMGET", state_key, "cursor", "next", "dirty", "lease", "lease_at", "shared",
    "trimmed", "format", "suspects", "kept", "lease_before", "marked", "orphans", more.ended_field, "dropped")
  more.last = state[14]
  if tonumber(state[8] or "1") > 1 then
    return { "format", state[8], commands }
  end
  agree_on_lease(state)
  if state[6] == "1" then
    keep = 1
  elseif shared == 1 then
    append(changes, "shared", "1")
  end
  if retain ~= "" and not state[10] then
    append(changes, "kept", "1")
  end
  -- From now on completed entries stay, so the parked set has to prove which ones those are.
  if keep == 1 and state[12] ~= "1" then
    mark()
  end
  leftovers.orphans = state[13]
  local known = tonumber(state[7] or "0")
  trimmed_excess = not state[15] and trimmed_excess -- what the queue drops itself is counted there
  if trimmed_excess and trimmed_excess > known then
    trimmed_unread = trimmed_excess - known
    append(changes, "trimmed", whole(trimmed_excess))
  elseif trimmed_excess and keep == 0 and pending == 0 and nothing_parked
    and math.max(0, trimmed_excess) < known then
    append(changes, "trimmed", whole(math.max(0, trimmed_excess)))
  end
  if pending > 0 then
    sweep(state)
  elseif state[3] == "1" then -- a sweep found something, and was not through when all was settled
    delete_idle_consumers()
    append(changes, "cursor", "0-0", "dirty", "0")
  end
  -- Passes that die in their first turn must not starve the ordinary work: every other pass that
  -- finds suspects looks for ordinary messages first.
  if survey == 1 and state[9] == "1" and suspects == 1 then
    suspects = 2
  end
end

if renew == 1 or kind == "replayed" then
  renew_pass()
end
if claim > 0 and kind == "ordinary" and not quiet then
  limit_claim() -- after the sweep: what dead passes have left is not worked on
end
if claim > 0 and kind == "ordinary" and not quiet then
  if suspects == 1 and hand_empty and (pending or 1) > 0 then
    claim_suspects()
  end
  if kind == "ordinary" then
    -- Half of the batch is for what is due, of an odd one now more and now less.
    claim_new(claim - math.min(#due, floor((claim + now % 2) / 2)), #due > 0 and max_bytes / 2)
    if #due > 0 and #messages < claim then
      made = true
      claim_parked(due, claim - #messages)
      if #messages == 0 then
        claim_new(claim)
      end
    end
    if suspects == 2 then
      if #messages > 0 then
        suspects_left = 1
      elseif hand_empty and (pending or 1) > 0 then
        claim_suspects()
      end
    end
  end
  if survey > 0 and suspects > 0 and pending > 0 and (kind == "suspects" or suspects_left == 1) then
    append(changes, "suspects", kind == "suspects" and "1" or "0")
  end
end
if suspects == 3 and held_back ~= 1 and (pending or 1) > 0 then
  suspects_left = #call("XPENDING", stream, group, "-", "+", 1, SUSPECTS)
end

if held_back > 1 and #messages < claim then
  held_back = 0 -- there was no more
end
cut_to_size()
local keyed_claim = take_keys()
count_starts()
nothing_parked = nothing_parked and #parks == 0
flush()

local ending = hand_empty and #messages == 0
keep_house(keyed_claim, ending)
if ending and #left == 0 then
  leave()
end
if #changes > 0 then
  call("HSET", state_key, unpack(changes))
end
if ending and #left == 0 and (made or owned_at_start > 0 or attempt > 1 or survey ~= 1) then
  -- Its pending list was read above and all of it is settled; look again if anything came since.
  if given == 0 or #call("XPENDING", stream, group, "-", "+", 1, token) == 0 then
    call("XGROUP", "DELCONSUMER", stream, group, token)
  end
end

if survey > 0 then
  if quiet then
    survey_again = now -- it saw too little to work by
  end
  look_for_leftovers()
end

if more.track == 2 or more.track == 1 and ending then
  write_journal(ending)
elseif more.track == 1 and attempt > 1 then
  recognise_journal()
end

return { "ok", whole(now), commands, kind, messages, lost, uncertain, duplicates, deferred,
  dead_count, reclaimed, lost_payloads, whole(trimmed_unread), suspects_left, whole(next_due),
  created, pending_limit, held_back, survey > 0 and { keep, whole(survey_again), whole(leftovers.count),
  groups, held_back == 1 and 0 or sweeping, leftovers.found } or {}, journaled, unsettled.gone, more.deferred }
