#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/open_line.h"
#include "base/text.h"

namespace signet::cli {
namespace {

using base::Json;

std::string_view colour_code(Colour colour) {
    switch (colour) {
        case Colour::none:
            return "";
        case Colour::red:
            return "\x1b[31m";
        case Colour::green:
            return "\x1b[32m";
        case Colour::yellow:
            return "\x1b[33m";
        case Colour::bold:
            return "\x1b[1m";
    }
    return "";
}

std::string painted(Colour colour, std::string_view text, bool wanted) {
    if (!wanted || colour == Colour::none) return std::string(text);
    return std::string(colour_code(colour)) + std::string(text) + "\x1b[0m";
}

// How wide a terminal shows it: one column for each UTF-8 character.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width) {
    const std::size_t have = columns(text);
    return std::string(text) + std::string(width > have ? width - have : 0, ' ');
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// What fits on one line of the terminal: a line that wraps could not be overwritten.
std::size_t line_width(int fd) {
    constexpr unsigned k_usual = 80, k_narrow = 20;
    winsize size{};
    const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= k_narrow;
    return (known ? size.ws_col : k_usual) - 1U;
}

// "subject: text" in so many columns. Of a long subject (a path) the end tells more.
std::string live_text(std::string_view subject, std::string_view text, std::size_t width) {
    const std::size_t share = width / 2;
    if (subject.size() > share) subject.remove_prefix(subject.size() - share);
    std::string line = base::printable(std::string(subject) + ": " + std::string(text));
    if (line.size() > width) line.resize(width);
    return line;
}

}  // namespace

Output::~Output() { end_live_line(); }

void Output::text(std::string_view text) { kept_ += text; }

void Output::line(std::string_view text) {
    kept_ += text;
    kept_ += '\n';
}

void Output::facts(const std::vector<std::pair<std::string, std::string>>& rows) {
    std::size_t width = 0;
    for (const auto& [label, value] : rows)
        if (!value.empty()) width = std::max(width, columns(label));
    for (const auto& [label, value] : rows)
        if (!value.empty()) line(padded(label + ":", width + 2) + value);
}

void Output::table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows) {
    if (rows.empty()) return;
    std::vector<std::size_t> widths(headings.size(), 0);
    const auto measure = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], columns(row[i]));
    };
    measure(headings);
    for (const auto& row : rows) measure(row);
    const auto laid_out = [&](const std::vector<std::string>& row) {
        std::string result;
        for (std::size_t i = 0; i < row.size(); ++i)
            result += i + 1 < row.size() ? padded(row[i], widths[i] + 2) : row[i];
        return result;
    };
    line(paint(Colour::bold, laid_out(headings)));
    for (const auto& row : rows) line(laid_out(row));
}

void Output::document(const Json& json) { line(base::pretty_json(json)); }

void Output::line_of_json(const Json& json) { line(base::dump_json(json)); }

void Output::flush() {
    if (flush_some()) return;
    throw base::Error{base::Kind::disk, std::string("cannot write standard output: ") + std::strerror(EPIPE)};
}

bool Output::flush_some() {
    if (!kept_.empty()) end_live_line();
    const std::string text = std::move(kept_);
    kept_.clear();
    if (write_all(out_fd_, text)) return true;
    if (errno == EPIPE) return false;
    throw base::Error{base::Kind::disk, std::string("cannot write standard output: ") + std::strerror(errno)};
}

void Output::progress(std::string_view text) {
    if (!settings_.quiet) error_text(std::string(text) + "\n");
}

void Output::step(std::string_view subject, std::string_view text, bool many) {
    if (settings_.quiet) return;
    if (!settings_.terminal_err) return progress((many ? std::string(subject) + ": " : "") + std::string(text));
    const auto line = live_text(subject, text, line_width(err_fd_));
    // Blanks, not an escape sequence, wipe what was longer: every terminal knows the carriage return.
    const bool over = base::take_open_line() && shown_ > line.size();
    write_all(err_fd_, "\r" + line + (over ? std::string(shown_ - line.size(), ' ') : ""));
    shown_ = line.size();
    base::leave_line_open();
}

void Output::done(std::string_view subject, std::string_view text) {
    if (settings_.quiet || !settings_.terminal_err) return;
    step(subject, text);
    end_live_line();
}

void Output::question(std::string_view text) { error_text(text); }

void Output::end_live_line() {
    if (shown_ != 0 && base::take_open_line()) write_all(err_fd_, "\n");
    shown_ = 0;
}

void Output::note(std::string_view text) {
    if (!settings_.quiet) error_text("signet: note: " + std::string(text) + "\n");
}

void Output::warning(std::string_view text) {
    error_text("signet: " + painted(Colour::yellow, "warning:", settings_.colour_err) + " " + std::string(text) + "\n");
}

void Output::error(const base::Error& error) {
    if (settings_.json) {
        error_text(base::dump_json(error_json(error)) + "\n");
        return;
    }
    std::string text = painted(Colour::red, "signet:", settings_.colour_err) + " " + error.message() + "\n";
    if (!error.where().empty()) text += "  where: " + error.where() + "\n";
    // A single reason is often the message itself.
    const bool said = error.parts().size() == 1 && error.parts().front().message == error.message();
    for (const auto& part : said ? std::vector<base::ErrorPart>{} : error.parts())
        text += "  - " + (part.identifier.empty() ? "" : part.identifier + ": ") + part.message + "\n";
    if (!error.hint().empty()) text += "  try: " + error.hint() + "\n";
    error_text(text);
}

std::string Output::paint(Colour colour, std::string_view text) const {
    return painted(colour, text, settings_.colour_out);
}

void Output::error_text(std::string_view text) {
    end_live_line();
    write_all(err_fd_, text);
}

Json error_json(const base::Error& error) {
    Json parts = Json::array();
    for (const auto& part : error.parts())
        parts.push_back(
            {{"identifier", part.identifier}, {"kind", base::kind_name(part.kind)}, {"message", part.message}});
    Json body = {{"kind", base::kind_name(error.kind())}, {"message", error.message()}, {"hint", error.hint()}};
    if (!error.where().empty()) body["where"] = error.where();
    body["parts"] = std::move(parts);
    return {{"error", std::move(body)}};
}

}  // namespace signet::cli
