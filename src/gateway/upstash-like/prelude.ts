/** What an error that ended a script begins with, until the gateway puts it into Upstash's words. */
export const RAISED = "XDRAINRAISED ";

// Runs before the script, with `redis` replaced by one that is like Upstash's. The script becomes a
// function, so that what it raises can be told from what it returns. The whole stands on one line,
// so that the script's lines keep their numbers.
const PRELUDE = `
local redis, run = (function(real, locking, limit)
  local like, declared = {}, {}
  for name, value in pairs(real) do like[name] = value end
  for _, key in ipairs(KEYS) do declared[key] = true end

  local function undeclared(name, ...)
    if not locking then return nil end
    if name == 'FLUSHDB' or name == 'FLUSHALL' then
      return 'ERR ' .. name .. " is not allowed in Lua scripts when 'allow-key-locking' flag is set"
    end
    local keys = real.pcall('COMMAND', 'GETKEYS', ...)
    if keys.err then return nil end
    for _, key in ipairs(keys) do
      if not declared[key] then
        return "ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: " .. key
      end
    end
  end

  local function pending(key, group, consumer)
    local summary = real.pcall('XPENDING', key, group)
    if summary.err or not summary[4] then return 0 end
    for _, row in ipairs(summary[4]) do
      if row[1] == consumer then return tonumber(row[2]) end
    end
    return 0
  end

  local function over_limit(args)
    local at, group, consumer, count = 2, nil, nil, nil
    while args[at] do
      local option = string.upper(args[at])
      if option == 'GROUP' then
        group, consumer, at = args[at + 1], args[at + 2], at + 3
      elseif option == 'COUNT' then
        count, at = tonumber(args[at + 1]), at + 2
      elseif option == 'NOACK' then
        return nil
      elseif option == 'STREAMS' then
        break
      else
        at = at + 1
      end
    end
    local streams = (#args - at) / 2
    for index = at + 1, at + streams do
      if args[index + streams] == '>' then
        local held = pending(args[index], group, consumer)
        local wanted = count or tonumber(real.pcall('XLEN', args[index])) or 0
        if held + wanted > limit then
          return 'ERR XReadGroup is cancelled. Pending Entries List limit per consumer is about to be reached.'
            .. ' Limit: ' .. limit .. ', Current PEL size: ' .. held .. ', Requested Read: ' .. wanted
        end
      end
    end
  end

  local function exact(args)
    local at = 3
    while args[at] do
      local option = string.upper(args[at])
      if option == 'MAXLEN' or option == 'MINID' then
        if args[at + 1] ~= '~' then return args end
        args[at + 1] = '='
        if string.upper(args[at + 3] or '') == 'LIMIT' then
          table.remove(args, at + 3)
          table.remove(args, at + 3)
        end
        return args
      elseif option == 'NOMKSTREAM' or option == 'KEEPREF' or option == 'DELREF' or option == 'ACKED' then
        at = at + 1
      else
        return args
      end
    end
    return args
  end

  local function attempt(...)
    local name = string.upper(tostring((...)))
    local refusal = undeclared(name, ...)
    if refusal then return {err = refusal} end
    if name == 'XREADGROUP' then
      refusal = over_limit({...})
      if refusal then return {err = refusal} end
    elseif name == 'XADD' or name == 'XTRIM' then
      return real.pcall(unpack(exact({...})))
    end
    return real.pcall(...)
  end

  local function place(level)
    for up = level + 1, level + 4 do
      local _, text = pcall(error, '', up)
      if text ~= '' then return '@' .. text end
    end
    return '@user_script: '
  end

  like.pcall = function(...)
    return attempt(...)
  end
  like.call = function(...)
    local reply = attempt(...)
    if type(reply) == 'table' and reply.err then
      error({err = reply.err, place = place(3)})
    end
    return reply
  end

  local function run(body)
    if locking and declared[''] then
      return {err = "ERR an empty key cannot be locked when 'allow-key-locking' flag is set"}
    end
    local ok, result = xpcall(body, function(raised)
      if type(raised) == 'table' then
        return (raised.place or place(4)) .. tostring(raised.err)
      end
      return '@' .. tostring(raised)
    end)
    if ok then return result end
    return {err = '${RAISED}' .. result}
  end
  return like, run
end)`;

const LINE = PRELUDE.trim().replace(/\s*\n\s*/g, " ");
const LOCKING = "allow-key-locking";

/**
 * The script as a plain Redis has to be given it to behave like Upstash. A first line with the flag
 * `allow-key-locking`, which Redis refuses, is taken off, and its rules are held in Lua instead.
 */
export function asUpstashWould(text: string, pendingLimit: number): string {
  const { first, rest, locking } = splitHeader(text);
  return `${first}${LINE}(redis, ${locking}, ${pendingLimit}) return run(function() ${rest}\nend)`;
}

function splitHeader(text: string): { first: string; rest: string; locking: boolean } {
  const found = /^#!lua flags=([^\s]*)[^\n]*\n/.exec(text);
  if (found === null) {
    const other = /^#![^\n]*\n/.exec(text)?.[0] ?? "";
    return { first: other, rest: text.slice(other.length), locking: false };
  }
  const rest = text.slice(found[0].length);
  const flags = found[1]!.split(",");
  if (!flags.includes(LOCKING)) return { first: found[0], rest, locking: false };
  const others = flags.filter((flag) => flag !== LOCKING);
  // Without a first line of its own the script would lose a line: the prelude takes its place.
  return others.length === 0
    ? { first: "", rest: `\n${rest}`, locking: true }
    : { first: `#!lua flags=${others.join(",")}\n`, rest, locking: true };
}
