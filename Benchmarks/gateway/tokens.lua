-- wrk: a different token with every request, in turn. TOKENS names a file with one a line.
local requests, turn = {}, 0

function init(arguments)
    for token in io.lines(os.getenv("TOKENS")) do
        requests[#requests + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token, Host = "orders.example" })
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end
