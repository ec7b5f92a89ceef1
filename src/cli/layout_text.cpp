#include "cli/layout_text.h"

#include "base/text.h"

namespace signet::cli {

std::vector<std::string> fill(std::string_view text, std::size_t width, std::size_t indent) {
    std::vector<std::string> lines;
    std::string line;
    const auto add = [&](std::string_view word) {
        if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
            lines.push_back(std::string(indent, ' ') + line);
            line.clear();
        }
        line += (line.empty() ? "" : " ");
        line += word;
    };
    std::string spaced(text);
    for (char& each : spaced)
        if (each == '\n') each = ' ';
    for (const auto word : base::split(spaced, ' '))
        if (!word.empty()) add(word);
    if (!line.empty()) lines.push_back(std::string(indent, ' ') + line);
    return lines;
}

std::string sentence(std::string_view text) {
    std::string result(text);
    const std::string_view first = text.substr(0, text.find_first_of(" ,;:"));
    const bool plain = first.find_first_not_of("abcdefghijklmnopqrstuvwxyz'") == std::string_view::npos;
    if (plain && !first.empty() && first.front() != '\'')
        result.front() = static_cast<char>(result.front() - ('a' - 'A'));
    if (!result.empty() && result.back() != '.') result += '.';
    return result;
}

std::vector<Paragraph> paragraphs(std::string_view text) {
    std::vector<Paragraph> result;
    std::string current;
    const auto close = [&] {
        if (!current.empty()) result.push_back({current, current.front() == ' '});
        current.clear();
    };
    for (const auto line : base::split(text, '\n')) {
        if (base::trim(line).empty()) {
            close();
        } else {
            current += (current.empty() ? "" : "\n");
            current += line;
        }
    }
    close();
    return result;
}

}  // namespace signet::cli
