-- Asks the gateway whether a request may pass: `http-request lua.fastverify 127.0.0.1:9180`.
-- Sets txn.auth_status, txn.auth_challenge, txn.auth_subject, txn.auth_scope and txn.auth_client. Whatever goes wrong is 503.
local identity = { auth_subject = "x-auth-subject", auth_scope = "x-auth-scope", auth_client = "x-auth-client" }

local function first(headers, name)
    local values = headers and headers[name]
    return values and values[0] or ""
end

core.register_action("fastverify", { "http-req" }, function(txn, gateway)
    for variable in pairs(identity) do txn:set_var("txn." .. variable, "") end
    txn:set_var("txn.auth_challenge", "")
    txn:set_var("txn.auth_status", 503)

    local sent = txn.http:req_get_headers()
    local host = first(sent, "host")
    local ask = {
        ["host"] = { host },
        ["x-forwarded-host"] = { host },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:url() },
    }
    -- Every field, in its order: the gateway refuses two.
    local credentials = {}
    if sent["authorization"] then
        for place = 0, #sent["authorization"] do credentials[place + 1] = sent["authorization"][place] end
        ask["authorization"] = credentials
    end

    local answer = core.httpclient():get({
        url = "http://" .. gateway .. "/forward-auth", headers = ask, timeout = 2000,
    })
    if not answer or not answer.status or answer.status == 0 then return end
    txn:set_var("txn.auth_challenge", first(answer.headers, "www-authenticate"))
    txn:set_var("txn.auth_status", answer.status)
    if answer.status == 200 then
        for variable, name in pairs(identity) do txn:set_var("txn." .. variable, first(answer.headers, name)) end
    end
end, 1)
