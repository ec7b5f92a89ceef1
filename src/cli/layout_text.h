#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

/// `text` cut into lines of at most `width` columns, each indented; words are never broken.
std::vector<std::string> fill(std::string_view text, std::size_t width, std::size_t indent = 0);

/// With a capital and a full stop: "the new key" gives "The new key."; names of files and options stay as they are.
std::string sentence(std::string_view text);

/// Paragraphs of a description: separated by an empty line. A paragraph whose first line is indented stands as it is.
struct Paragraph {
    std::string text;
    bool verbatim = false;
};
std::vector<Paragraph> paragraphs(std::string_view text);

}  // namespace signet::cli
