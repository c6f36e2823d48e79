/** A change of a source file. */
export interface Change {
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A classic bug of queues on Redis Streams, made in the model and in the scripts. */
export interface Bug {
  readonly name: string;
  readonly inModel: Change;
  readonly inScripts: Change;
}

const ACKNOWLEDGED_BEFORE: Change = {
  file: "src/hand.ts",
  find: "        queue.push(item);\n",
  replace:
    '        queue.push(item);\n        done.push({ ...item, outcome: { kind: "complete", result: undefined } });\n',
};

export const bugs: readonly Bug[] = [
  {
    name: "a message is acknowledged before its work",
    inModel: ACKNOWLEDGED_BEFORE,
    inScripts: ACKNOWLEDGED_BEFORE,
  },
  {
    name: "a sweep never begins at the front again",
    inModel: {
      file: "src/memory/sweep.ts",
      find: "state.cursor = firstLeft ?? FIRST_ID;",
      replace: "state.cursor = firstLeft ?? cursor;",
    },
    inScripts: {
      file: "src/redis/lua/sweep.lua",
      find: '"cursor", first_left or "0-0"',
      replace: '"cursor", first_left or cursor',
    },
  },
  {
    name: "a consumer is deleted with its pending entries",
    inModel: {
      file: "src/memory/sweep.ts",
      find: "if (ours && pending.size === 0) group.consumers.delete(name);",
      replace:
        "if (!ours) continue;\n    group.ack(pending.list().map(({ id }) => id));\n    group.consumers.delete(name);",
    },
    inScripts: {
      file: "src/redis/lua/sweep.lua",
      find: "if consumer.pending == 0 and string.sub",
      replace: "if string.sub",
    },
  },
  {
    name: "an outcome is applied whoever owns the message",
    inModel: {
      file: "src/memory/settle.ts",
      find: "return turn.delivery.get(id) === delivery;",
      replace: "return turn.group.pending.has(id) || delivery < 0;",
    },
    inScripts: {
      file: "src/redis/lua/fence.lua",
      find: "if entry and entry[4] == count then",
      replace: 'if #call("XPENDING", stream, group, id, id, 1) > 0 then',
    },
  },
  {
    name: "the stream is cut to a length, whatever was not read",
    inModel: {
      file: "src/memory/send.ts",
      find: ": sharedStreamOf(memory, queue).add(fields);",
      replace:
        ': ((stream) => {\n            const id = stream.add(fields);\n            if (stream.length > 30) stream.delete([stream.list(undefined, 1)[0]?.id ?? ""]);\n            return id;\n          })(streamOf(memory, queue.stream));',
    },
    inScripts: {
      file: "src/redis/lua/add.lua",
      find: 'if declared == "" then\n    return try("XADD", stream, "*",',
      replace: 'if declared == "" then\n    return try("XADD", stream, "MAXLEN", 30, "*",',
    },
  },
  {
    name: "work is marked as done before it is done",
    inModel: {
      file: "src/memory/keys.ts",
      find: "turn.changes.records.push({ key, expiresAt: now + lease, done: false });",
      replace:
        "turn.changes.records.push({ key, expiresAt: now + turn.queue.windowMs, done: true });",
    },
    inScripts: {
      file: "src/redis/lua/keys.lua",
      find: "append(records, whole((now + lease) * 2), key)\n    end\n  end\n\n  function take_keys",
      replace:
        "append(records, whole((now + window) * 2 + 1), key)\n    end\n  end\n\n  function take_keys",
    },
  },
  {
    name: "a send without an answer is sent again as a new one",
    inModel: {
      file: "src/memory/send.ts",
      find: "  const before = recall(memory, request.requestId);\n",
      replace:
        "  recall(memory, request.requestId);\n  const before: Sent | undefined = undefined as never;\n",
    },
    inScripts: {
      file: "src/redis/lua/send.lua",
      find: 'local before = call("GET", sent_key)',
      replace: "local before = nil",
    },
  },
  {
    name: "what a dead pass left is handed out again uncounted",
    inModel: {
      file: "src/memory/suspects.ts",
      find: "[id], { minIdle: 0 });\n      if (entry === undefined) turn.lostPayloads += 1;\n      else give(turn, entry, deliveries + 1, crashes);",
      replace:
        "[id], { minIdle: 0, justId: true });\n      if (entry === undefined) turn.lostPayloads += 1;\n      else give(turn, entry, deliveries, crashes);",
    },
    inScripts: {
      file: "src/redis/lua/suspects.lua",
      find: `    local entries = call("XCLAIM", stream, group, token, 0, unpack(some))
    account_for_missing(some, entries)
    for _, entry in ipairs(entries) do
      give(entry, unpack(by_id[entry[1]]))
`,
      replace: `    append(some, "JUSTID")
    for _, id in ipairs(call("XCLAIM", stream, group, token, 0, unpack(some))) do
      give(call("XRANGE", stream, id, id)[1], by_id[id][1] - 1, by_id[id][2])
`,
    },
  },
  {
    name: "a group that is missing is made at the end of the stream",
    inModel: {
      file: "src/memory/group.ts",
      find: 'const from = start === "0" || existed ? FIRST_ID : start;',
      replace: 'const from = existed ? stream.lastId : start === "0" ? FIRST_ID : start;',
    },
    inScripts: {
      file: "src/redis/lua/group.lua",
      find: '"CREATE", stream, group, from, "MKSTREAM")',
      replace:
        '"CREATE", stream, group, call("EXISTS", state_key) == 1 and "$" or from, "MKSTREAM")',
    },
  },
  {
    name: "an entry is deleted while another group still needs it",
    inModel: {
      file: "src/memory/turn-begin.ts",
      find: "if (!turn.keep) turn.changes.removals.push(id);",
      replace: "turn.changes.removals.push(id);",
    },
    inScripts: {
      file: "src/redis/lua/turn-begin.lua",
      find: "  if keep == 0 then\n    removals",
      replace: "  if keep >= 0 then\n    removals",
    },
  },
  {
    name: "each pass adds a delayed message to the stream",
    inModel: {
      file: "src/memory/promote.ts",
      find: "    waiting.delete(id);\n",
      replace: "",
    },
    inScripts: {
      file: "src/redis/lua/promote.lua",
      find: `    call_in_slices({ "ZREM", delayed_key }, gone)
    call_in_slices({ "HDEL", bodies_key }, gone)
`,
      replace: "",
    },
  },
  {
    name: "a key that a message has is free for another",
    inModel: {
      file: "src/memory/send.ts",
      find: "const held = record.expiresAt < 0 && holder !== undefined;",
      replace: "const held = record.expiresAt > 0 && holder !== undefined;",
    },
    inScripts: {
      file: "src/redis/lua/send-checked.lua",
      find: "return holder and is_there(holder) and own_id(holder)",
      replace: "return false",
    },
  },
  {
    name: "what nothing proves to be done is run again",
    inModel: {
      file: "src/memory/repair.ts",
      find: 'if (decide === "run") {',
      replace: 'if (decide !== "discard") {',
    },
    inScripts: {
      file: "src/redis/lua/repair.lua",
      find: 'if decide == "run" then',
      replace: 'if decide ~= "discard" then',
    },
  },
  {
    name: "nobody notes where a group began",
    inModel: {
      file: "src/memory/group.ts",
      find: "Object.assign(state, { created: timeOf(memory), start: from });",
      replace: "Object.assign(state, { created: timeOf(memory) });",
    },
    inScripts: {
      file: "src/redis/lua/group.lua",
      find: 'call("HSET", state_key, "created", whole(now), "start", from)',
      replace: 'call("HSET", state_key, "created", whole(now))',
    },
  },
  {
    name: "a repair brings nothing back",
    inModel: {
      file: "src/memory/repair.ts",
      find: "    if (waits) parked.set(id, message);\n",
      replace: "    if (waits) continue;\n",
    },
    inScripts: {
      file: "src/redis/lua/repair.lua",
      find: '      call("ZADD", parked_key, score, id)\n',
      replace: "",
    },
  },
  {
    name: "a trim believes a parked set that was lost",
    inModel: {
      file: "src/memory/trim.ts",
      find: "!tables.markers.parked && (isShort(tables) || isMarkerLost(tables));",
      replace: "tables.markers.parked && (isShort(tables) || isMarkerLost(tables));",
    },
    inScripts: {
      file: "src/redis/lua/floor.lua",
      find: "if not has_marker and (records",
      replace: "if has_marker and (records",
    },
  },
  {
    name: "each function sweeps by its own lease",
    inModel: {
      file: "src/memory/sweep.ts",
      find: "  return longest;",
      replace: "  return lease;",
    },
    inScripts: {
      file: "src/redis/lua/sweep.lua",
      find: "more.longest = math.max(lease, stored, age < 2 * before + 30000 and before or 0)",
      replace: "more.longest = lease",
    },
  },
  {
    name: "a message is done with another of its key that was not done",
    inModel: {
      file: "src/memory/settle.ts",
      find: "    if (isDone) {",
      replace: "    if (isDone !== undefined) {",
    },
    inScripts: {
      file: "src/redis/lua/settle.lua",
      find: "if score and is_done then",
      replace: "if score and is_done ~= nil then",
    },
  },
];
