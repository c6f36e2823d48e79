/** A classic bug of queues on Redis Streams, as a change of the source. */
export interface Bug {
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}

export const bugs: readonly Bug[] = [
  {
    name: "a message is acknowledged before its work",
    file: "src/hand.ts",
    find: "        queue.push(item);\n",
    replace:
      '        queue.push(item);\n        done.push({ ...item, outcome: { kind: "complete", result: undefined } });\n',
  },
  {
    name: "each sweep begins at 0-0",
    file: "src/memory/sweep.ts",
    find: "const cursor = state.cursor ?? FIRST_ID;",
    replace: "const cursor = FIRST_ID;",
  },
  {
    name: "a consumer is deleted with its pending entries",
    file: "src/memory/sweep.ts",
    find: "if (ours && pending.size === 0) group.consumers.delete(name);",
    replace:
      "if (!ours) continue;\n    group.ack(pending.list().map(({ id }) => id));\n    group.consumers.delete(name);",
  },
  {
    name: "an outcome is applied whoever owns the message",
    file: "src/memory/settle.ts",
    find: "return turn.delivery.get(id) === delivery;",
    replace: "return turn.group.pending.has(id) || delivery < 0;",
  },
  {
    name: "the stream is cut to a length, whatever was not read",
    file: "src/memory/send.ts",
    find: "    ids.push(streamOf(memory, queue.stream).add(fields));\n",
    replace:
      '    const stream = streamOf(memory, queue.stream);\n    ids.push(stream.add(fields));\n    if (stream.length > 30) stream.delete([stream.list(undefined, 1)[0]?.id ?? ""]);\n',
  },
  {
    name: "work is marked as done before it is done",
    file: "src/memory/keys.ts",
    find: "turn.changes.records.push({ key, expiresAt: now + lease, done: false });",
    replace:
      "turn.changes.records.push({ key, expiresAt: now + turn.queue.windowMs, done: true });",
  },
  {
    name: "a send without an answer is sent again as a new one",
    file: "src/memory/send.ts",
    find: "  const before = recall(memory, request.requestId);\n",
    replace:
      "  recall(memory, request.requestId);\n  const before: Sent | undefined = undefined as never;\n",
  },
  {
    name: "what a dead pass left is handed out again uncounted",
    file: "src/memory/suspects.ts",
    find: "    const [entry] = group.claim(request.token, [id], { minIdle: 0 });\n    if (entry === undefined) turn.lostPayloads += 1;\n    else give(turn, entry, deliveries + 1, crashes);",
    replace:
      "    const [entry] = group.claim(request.token, [id], { minIdle: 0, justId: true });\n    if (entry === undefined) turn.lostPayloads += 1;\n    else give(turn, entry, deliveries, crashes);",
  },
  {
    name: "a group that is missing is made at the end of the stream",
    file: "src/memory/group.ts",
    find: 'const from = queue.start === "0" || existed ? FIRST_ID : stream.lastId;',
    replace: "const from = existed ? stream.lastId : FIRST_ID;",
  },
  {
    name: "an entry is deleted while another group still needs it",
    file: "src/memory/turn-begin.ts",
    find: "if (!turn.keep) turn.changes.removals.push(id);",
    replace: "turn.changes.removals.push(id);",
  },
];
