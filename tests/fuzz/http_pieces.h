#pragma once

#include <string_view>

namespace signet::fuzz {

/// Feeds a stream to `parser` in pieces of `size` octets (0: all at once), which must make no difference. `feed` takes
/// the front off a string_view and says whether it wants more.
template <class Feed>
void feed_in_pieces(std::string_view stream, std::size_t size, Feed feed) {
    if (size == 0) size = stream.size();
    std::size_t end = 0;
    std::string_view waiting;
    while (end < stream.size()) {
        const auto more = size < stream.size() - end ? size : stream.size() - end;
        waiting = stream.substr(end - waiting.size(), waiting.size() + more);
        end += more;
        if (!feed(waiting)) return;
    }
}

}  // namespace signet::fuzz
