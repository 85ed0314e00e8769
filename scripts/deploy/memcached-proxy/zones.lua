-- Configuration of memcached's proxy for two zones, each with a whole copy of the
-- sessions: memcached -o proxy_config=/etc/memcached/zones.lua
--
-- Writes go to the first zone, which decides in which order they are made, and then to
-- the others, in the same order: so the list is the same on all proxies. A write fails
-- unless all zones have made it. Reads come from the zone read_first, that of the proxy,
-- and from another one if the item is not there.
local read_first = 1
local zones = {
    { "cache1.site1.example.com:11211", "cache2.site1.example.com:11211" },
    { "cache1.site2.example.com:11211", "cache2.site2.example.com:11211" },
}

function mcp_config_pools()
    local pools = {}
    for z, servers in ipairs(zones) do
        local backends = {}
        for i, server in ipairs(servers) do
            local host, port = server:match("^(.*):(%d+)$")
            backends[i] = mcp.backend(server, host, port)
        end
        pools[z] = mcp.pool(backends)
    end
    return pools
end

-- How often a write to a later zone is tried until the write before it is there. Each
-- try needs a handle of its own.
local tries = 30

-- What the first zone rejects is made in no zone.
local rejections = {
    [mcp.MCMC_CODE_NOT_FOUND] = true,
    [mcp.MCMC_CODE_NOT_STORED] = true,
    [mcp.MCMC_CODE_EXISTS] = true,
}

local function write(rctx, handles)
    return function(request)
        local decided = rctx:enqueue_and_wait(request, handles[1])
        if not decided:ok() then
            return "SERVER_ERROR a zone does not answer\r\n"
        end
        if rejections[decided:code()] then
            return decided
        end
        for z = 1, (#handles - 1) / tries do
            local same = false
            for try = 1, tries do
                if try > 1 then
                    rctx:sleep(try / 1000)
                end
                local answer = rctx:enqueue_and_wait(request, handles[(z - 1) * tries + try + 1])
                if not answer:ok() then
                    return "SERVER_ERROR a zone does not answer\r\n"
                end
                same = answer:code() == decided:code()
                if same then
                    break
                end
            end
            if not same then
                return "SERVER_ERROR the zones differ\r\n"
            end
        end
        return decided
    end
end

-- A deletion is made in every zone, also if the first one has lost the item.
local function delete(rctx, handles)
    return function(request)
        local found = nil
        for _, handle in ipairs(handles) do
            local answer = rctx:enqueue_and_wait(request, handle)
            if not answer:ok() then
                return "SERVER_ERROR a zone does not answer\r\n"
            end
            if found == nil or rejections[found:code()] then
                found = answer
            end
        end
        return found
    end
end

local function read(rctx, handles)
    return function(request)
        local found = nil
        for i = 0, #handles - 1 do
            local handle = handles[(read_first - 1 + i) % #handles + 1]
            local answer = rctx:enqueue_and_wait(request, handle)
            if answer:hit() then
                return answer
            end
            if found == nil or answer:ok() then
                found = answer
            end
        end
        return found
    end
end

local function route(pools, name, run, later)
    local routed = mcp.funcgen_new()
    local handles = {}
    for z, pool in ipairs(pools) do
        for _ = 1, z == 1 and 1 or later do
            table.insert(handles, routed:new_handle(pool))
        end
    end
    routed:ready({ n = name, f = function(rctx) return run(rctx, handles) end })
    return routed
end

function mcp_config_routes(pools)
    local reads, deletes = route(pools, "read", read, 1), route(pools, "delete", delete, 1)
    mcp.attach(mcp.CMD_ANY_STORAGE, route(pools, "write", write, tries))
    for _, command in ipairs({ mcp.CMD_MG, mcp.CMD_GET, mcp.CMD_GETS }) do
        mcp.attach(command, reads)
    end
    for _, command in ipairs({ mcp.CMD_MD, mcp.CMD_DELETE }) do
        mcp.attach(command, deletes)
    end
end
