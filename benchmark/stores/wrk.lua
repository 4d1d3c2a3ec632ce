-- Sends requests with the Cookie headers of a file, a line each, in turn: wrk -s wrk.lua URL -- FILE

local requests = {}
local at = 0

function init (args)
  for cookie in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format(nil, nil, { Cookie = cookie })
  end
end

function request ()
  at = at % #requests + 1
  return requests[at]
end
