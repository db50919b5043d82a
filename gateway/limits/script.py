"""What Redis runs: one script decides all rules of a call at once, one takes corrections and signs of life.

Keys share a hash tag, so that they lie together in a cluster. A rule's requests and usage are a hash: ``r`` and ``u``
are the sums over its slots, ``f`` and ``l`` its first and last slot, ``<slot>`` and ``u<slot>`` what came in a slot.
Its calls inside are a hash by process: the count, and when the process last said so. The time is Redis' own, and never
goes back; what is idle expires.
"""

from __future__ import annotations

from gateway.limits.window import SLOTS

PREFIX = "switchboard:{limits}:"
CLOCK, PROCESSES = PREFIX + "clock", PREFIX + "processes"
ALIVE_US = 3_000_000  # a process that said nothing for so long holds no calls inside
CHUNK = 60  # slots looked at in one command

TIME = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local slot_us, window_ms, process = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local kept = redis.call('HMGET', KEYS[1], 'newest', 'ahead')
local newest, ahead = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
if now + ahead < newest then
  ahead = newest - now
  redis.call('HSET', KEYS[1], 'ahead', ahead)
end
now = now + ahead
local slot = math.floor(now / slot_us)
if slot * slot_us > newest then
  redis.call('HSET', KEYS[1], 'newest', slot * slot_us)
  redis.call('PEXPIRE', KEYS[1], window_ms * 2)
end
"""

WINDOWS = f"""
local SLOTS, CHUNK, ALIVE = {SLOTS}, {CHUNK}, {ALIVE_US}
local oldest = slot - SLOTS

local function sums(key, first, last)
  local fields, requests, usage = {{}}, 0, 0
  for one = first, last do
    fields[#fields + 1] = one
    fields[#fields + 1] = 'u' .. one
  end
  local got = redis.call('HMGET', key, unpack(fields))
  for i = 1, #got, 2 do
    requests = requests + tonumber(got[i] or 0)
    usage = usage + tonumber(got[i + 1] or 0)
  end
  return requests, usage, fields
end

local function load(key)
  local head = redis.call('HMGET', key, 'r', 'u', 'f', 'l')
  if not head[4] then return {{r = 0, u = 0, f = slot, l = -1}} end
  local w = {{r = tonumber(head[1]), u = tonumber(head[2]), f = tonumber(head[3]), l = tonumber(head[4])}}
  if w.l < oldest then
    redis.call('DEL', key)
    return {{r = 0, u = 0, f = slot, l = -1}}
  end
  if w.f >= oldest then return w end
  while w.f < oldest do
    local last = math.min(oldest, w.f + CHUNK) - 1
    local requests, usage, fields = sums(key, w.f, last)
    redis.call('HDEL', key, unpack(fields))
    w.r, w.u, w.f = w.r - requests, w.u - usage, last + 1
  end
  redis.call('HSET', key, 'r', w.r, 'u', w.u, 'f', w.f)
  return w
end

local function add(key, w, at, requests, usage)
  if requests ~= 0 then redis.call('HINCRBY', key, at, requests) end
  if usage ~= 0 then redis.call('HINCRBY', key, 'u' .. at, usage) end
  w.r, w.u = w.r + requests, w.u + usage
  w.f = math.min(w.f, at)
  if at > w.l then
    w.l = at
    redis.call('HSET', key, 'r', w.r, 'u', w.u, 'f', w.f, 'l', w.l)
    redis.call('PEXPIRE', key, window_ms + 2000)
  else
    redis.call('HSET', key, 'r', w.r, 'u', w.u, 'f', w.f)
  end
end
"""

TAKE_RULES = """
local units = tonumber(ARGV[4])
local rules = (#KEYS - 1) / 2
local windows, inside, own, used = {}, {}, {}, {}
local wait, rule, measure, latest = -1, 0, 0, -1

local function refused(by, what, us)
  if us > wait then wait, rule, measure = us, by - 1, what end
end

local function wait_for(key, w, prefix, amount)
  local first = w.f
  while first <= w.l do
    local last, fields = math.min(w.l, first + CHUNK - 1), {}
    for one = first, last do fields[#fields + 1] = prefix .. one end
    local got = redis.call('HMGET', key, unpack(fields))
    for i = 1, #got do
      amount = amount - tonumber(got[i] or 0)
      if amount <= 0 then return (first + i + SLOTS) * slot_us - now end
    end
    first = last + 1
  end
  return (w.l + SLOTS + 1) * slot_us - now
end

local function count_inside(key)
  local all, mine = 0, 0
  local rows = redis.call('HGETALL', key)
  for i = 1, #rows, 2 do
    local count, at = string.match(rows[i + 1], '^(%d+) (%d+)$')
    if now - at < ALIVE then
      all = all + count
      if rows[i] == process then mine = tonumber(count) end
    else
      redis.call('HDEL', key, rows[i])
    end
  end
  return all, mine
end

for i = 1, rules do
  local key = KEYS[2 * i]
  local requests, usage, parallel = tonumber(ARGV[2 + 3 * i]), tonumber(ARGV[3 + 3 * i]), tonumber(ARGV[4 + 3 * i])
  local w = {r = 0, u = 0, l = -1}
  if requests >= 0 or usage >= 0 then
    w = load(key)
    latest = math.max(latest, w.l)
    if requests >= 0 and w.r >= requests then refused(i, 1, wait_for(key, w, '', w.r + 1 - requests)) end
    if usage >= 0 and w.u + units > usage then refused(i, 2, wait_for(key, w, 'u', w.u + units - usage)) end
  end
  inside[i], own[i] = 0, 0
  if parallel >= 0 then
    inside[i], own[i] = count_inside(KEYS[2 * i + 1])
    if inside[i] >= parallel then refused(i, 3, 1000000) end
  end
  windows[i] = w
end

local passes = wait < 0
if passes then
  latest = slot
  for i = 1, rules do
    local requests, usage, parallel = tonumber(ARGV[2 + 3 * i]), tonumber(ARGV[3 + 3 * i]), tonumber(ARGV[4 + 3 * i])
    if requests >= 0 or usage >= 0 then
      add(KEYS[2 * i], windows[i], slot, requests >= 0 and 1 or 0, usage >= 0 and units or 0)
    end
    if parallel >= 0 then
      inside[i] = inside[i] + 1
      redis.call('HSET', KEYS[2 * i + 1], process, string.format('%.0f %.0f', own[i] + 1, now))
      redis.call('PEXPIRE', KEYS[2 * i + 1], ALIVE / 1000)
    end
  end
end
local reset = latest < 0 and 0 or (latest + SLOTS + 1) * slot_us - now
local answer = {passes and 1 or 0, slot, rule, measure, wait, reset}
for i = 1, rules do
  answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = windows[i].r, windows[i].u, inside[i]
end
return answer
"""

FEED_RULES = """
local known, leaving = ARGV[4], ARGV[5] == '1'
if leaving then
  redis.call('HDEL', KEYS[2], process)
else
  redis.call('HSET', KEYS[2], process, string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[2], window_ms * 2)
end
redis.call('HSETNX', KEYS[1], 'born', known)
redis.call('PEXPIRE', KEYS[1], window_ms * 2)

for i = 3, #KEYS do
  local base = 5 + 4 * (i - 3)
  local what, first = ARGV[base + 1], tonumber(ARGV[base + 2])
  local second, third = tonumber(ARGV[base + 3]), tonumber(ARGV[base + 4])
  if what == 'p' then
    redis.call('HSET', KEYS[i], process, string.format('%.0f %.0f', first, now))
    redis.call('PEXPIRE', KEYS[i], ALIVE / 1000)
  else
    local at = first > 0 and first or slot + first
    local w = load(KEYS[i])
    if at >= oldest and at <= slot then
      if second < 0 or third < 0 then
        local requests, usage = sums(KEYS[i], at, at)
        second, third = math.max(second, -requests), math.max(third, -usage)
      end
      if second ~= 0 or third ~= 0 then add(KEYS[i], w, at, second, third) end
    end
  end
end

local alive = 0
local rows = redis.call('HGETALL', KEYS[2])
for i = 1, #rows, 2 do
  if now - rows[i + 1] < ALIVE then alive = alive + 1 else redis.call('HDEL', KEYS[2], rows[i]) end
end
return {alive, redis.call('HGET', KEYS[1], 'born')}
"""

# KEYS: the clock, then each rule's window and calls inside. ARGV: microseconds of a slot, milliseconds of a window, the
# process, the call's units, then each rule's requests, usage and parallel (-1: any). Answers whether it passes, the
# slot, who refuses (from 0), by which measure, the wait and the reset in microseconds; then each rule's three counts.
TAKE = TIME + WINDOWS + TAKE_RULES

# KEYS: the clock, the processes, then one for each change. ARGV: as above up to the process, a mark to leave where
# Redis has none, 1 if the process ends; then four for each change: "p", its calls inside, 0, 0; or "w", the slot (0 or
# less: so many before now), requests and usage to add. Answers how many processes live, and the mark that Redis has.
FEED = TIME + WINDOWS + FEED_RULES


def window_key(rule_id: str) -> str:
    return f"{PREFIX}w:{rule_id}"


def inside_key(rule_id: str) -> str:
    return f"{PREFIX}p:{rule_id}"
