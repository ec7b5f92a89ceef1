#pragma once

#include <string_view>
#include <vector>

namespace signet::cli {

/// A chapter of signet-events(7): what is told of, and in which words.
struct EventsChapter {
    std::string_view heading;
    std::string_view text;  // paragraphs; indented lines stand as they are
};
const std::vector<EventsChapter>& events_page_chapters();

}  // namespace signet::cli
