-- Posts one body again and again and looks at every answer.
-- Arguments after "--": the body, the least bytes of an answer, and what its end must contain.
-- A line that begins with RESULT, in JSON, is read by load.py; times are in microseconds.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = "POST"
  wrk.body = args[1]
  wrk.headers["Content-Type"] = "application/json"
  least = tonumber(args[2])
  endings = {unpack(args, 3)}
  wrong = 0
  sample = ""
  request_bytes = wrk.format()
end

function request()
  return request_bytes
end

local function whole(body)
  local tail = string.sub(body, -2000)
  for _, ending in ipairs(endings) do
    if not string.find(tail, ending, 1, true) then
      return false
    end
  end
  return #body >= least
end

function response(status, headers, body)
  if status ~= 200 or not whole(body) then
    wrong = wrong + 1
    if sample == "" then
      sample = status .. ", " .. #body .. " bytes: " .. string.sub(body, -200)
    end
  end
end

function done(summary, latency, requests)
  local wrong_answers, first_wrong = 0, ""
  for _, thread in ipairs(threads) do
    wrong_answers = wrong_answers + thread:get("wrong")
    if first_wrong == "" then
      first_wrong = thread:get("sample")
    end
  end
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"answers":%d,"duration":%d,"p50":%d,"p99":%d,"bytes":%d,"wrong":%d,"broken":%d,"late":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.bytes,
    wrong_answers, errors.connect + errors.read + errors.write, errors.timeout
  ))
  if wrong_answers > 0 then
    io.write("WRONG " .. string.gsub(first_wrong, "[\r\n]+", " ") .. "\n")
  end
end
