-- wrk: one client a thread, each with a session of its own. OPERATION is login, refresh or introspect; VALUES names a file with a refresh
-- token (or a session's access token) a line, AUTHORIZATION is for introspect. Prints a line of JSON at the end.
local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
    thread:set("number", #threads)
end

local operation, value, json = os.getenv("OPERATION"), nil, { ["Content-Type"] = "application/json" }

function init(arguments)
    wrong = 0
    local line = 0
    for text in io.lines(os.getenv("VALUES")) do
        line = line + 1
        if line == number then value = text end
    end
end

function request()
    if operation == "login" then
        return wrk.format("POST", "/api/auth/login", json, '{"username":"alice","password":"correct horse battery staple"}')
    elseif operation == "refresh" then
        return wrk.format("POST", "/api/auth/refresh", json, '{"refreshToken":"' .. value .. '"}')
    end
    return wrk.format("POST", "/oauth/introspect",
        { ["Content-Type"] = "application/x-www-form-urlencoded", Authorization = os.getenv("AUTHORIZATION") }, "token=" .. value)
end

function response(status, fields, body)
    if operation == "refresh" then
        local successor = body:match('"refreshToken":"([^"]+)"')
        if status == 200 and successor then value = successor else wrong = wrong + 1 end
    elseif status ~= 200 or (operation == "introspect" and not body:find('"active":true', 1, true)) then
        wrong = wrong + 1
    end
end

function done(summary, latency, requests)
    local refused = 0
    for _, thread in ipairs(threads) do refused = refused + thread:get("wrong") end
    local e = summary.errors
    io.stdout:write(string.format(
        '\n{"requests":%d,"seconds":%.6f,"p50":%.1f,"p99":%.1f,"wrong":%d,"errors":%d}\n', summary.requests, summary.duration / 1e6,
        latency:percentile(50), latency:percentile(99), refused, e.connect + e.read + e.write + e.timeout))
end
