-- Asks the gateway whether a request may pass: `http-request lua.fastverify 127.0.0.1:9180`.
-- If it may, txn.auth_status is 200 and txn.auth_subject, txn.auth_scope, txn.auth_client say who asks; txn.auth_limit,
-- txn.auth_limit_policy and txn.auth_nonce are for the answer. If not, the client gets the gateway's answer; whatever goes wrong is 503.
local identity = { auth_subject = "x-auth-subject", auth_scope = "x-auth-scope", auth_client = "x-auth-client" }
local answers = { auth_limit = "ratelimit", auth_limit_policy = "ratelimit-policy", auth_nonce = "dpop-nonce" }
-- Of the client's fields those that the gateway may have to look at.
local asked = {
    "authorization", "dpop", "cookie", "origin", "referer", "sec-fetch-site", "upgrade", "x-csrf-token",
    "access-control-request-method",
}
-- Of one connection, not of the answer.
local own = { ["connection"] = true, ["content-length"] = true, ["date"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true }

local function first(headers, name)
    local values = headers and headers[name]
    return values and values[0] or ""
end

core.register_action("fastverify", { "http-req" }, function(txn, gateway)
    for variable in pairs(identity) do txn:set_var("txn." .. variable, "") end
    txn:set_var("txn.auth_status", 503)

    local sent = txn.http:req_get_headers()
    local host = first(sent, "host")
    local ask = {
        ["host"] = { host },
        ["x-forwarded-host"] = { host },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:url() },
    }
    -- Every field of a name, in their order: the gateway refuses two.
    for _, name in ipairs(asked) do
        if sent[name] then
            local values = {}
            for place = 0, #sent[name] do values[place + 1] = sent[name][place] end
            ask[name] = values
        end
    end
    -- What HAProxy has seen of the client's certificate (RFC 9440); never what the client says of it.
    local certificate = txn.f:ssl_c_der()
    if certificate and #certificate > 0 then ask["client-cert"] = { ":" .. txn.c:base64(certificate) .. ":" } end

    local answer = core.httpclient():get({
        url = "http://" .. gateway .. "/forward-auth", headers = ask, timeout = 2000,
    })
    if not answer or not answer.status or answer.status == 0 then return end
    if answer.status == 200 then
        for variable, name in pairs(identity) do txn:set_var("txn." .. variable, first(answer.headers, name)) end
        for variable, name in pairs(answers) do
            if answer.headers[name] then txn:set_var("txn." .. variable, first(answer.headers, name)) end
        end
        txn:set_var("txn.auth_status", 200)
        return
    end
    local reply = txn:reply({ status = answer.status, body = answer.body })
    for name, values in pairs(answer.headers) do
        if not own[name] and name:sub(1, 7) ~= "x-auth-" then
            for place = 0, #values do reply:add_header(name, values[place]) end
        end
    end
    txn:done(reply)
end, 1)
