-- Each request another image: none may be answered from an earlier one. The first thread's seed comes from the command line.
local n, seed = 0, 0
function init(args) seed = tonumber(args[1]) end
function request()
	n = n + 1
	local body = string.format('{"image_ref":"docker.io/library/nginx:1.27","image_digest":"sha256:%016x%048x","profile":"standard",' ..
		'"config":{"ports":[80],"environment":{"A":"1"}}}', seed, n)
	return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
