-- Whether bytes are UTF-8, which is what a client can hold and send back unchanged: neither too long a
-- sequence for its character, nor half of a surrogate pair, nor beyond the last character.
local function is_text(bytes)
  return not string.find(string.gsub(bytes, "[\194-\244][\128-\191]+", function(sequence)
    local first, second = string.byte(sequence, 1, 2)
    local lead = first * 256 + second
    local fits = #sequence == 2 and lead < 0xe000
      or #sequence == 3 and lead >= 0xe0a0 and lead < 0xf000 and (lead < 0xeda0 or lead > 0xedbf)
      or #sequence == 4 and lead >= 0xf090 and lead < 0xf490
    return fits and ""
  end), "[\128-\255]")
end
