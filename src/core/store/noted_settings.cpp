#include "store/noted_settings.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "store/audit.h"
#include "store/meta.h"

namespace signet::store {

namespace {

constexpr std::size_t k_detail_limit = 8000;
constexpr std::string_view k_digest = "sha256:";  // begins what is noted; no TOML does
constexpr std::string_view k_name = "settings:";  // of the value that is noted, before the path

/// The text in its statements: to the end of the line, or of the last line of a value of many, without comments.
class StatementReader {
public:
    explicit StatementReader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    std::string next() {
        std::string statement;
        for (int depth = 0; !rest_.empty();) {
            const char c = rest_.front();
            if (c == '#') {
                take(rest_.find('\n'));
            } else if (c == '"' || c == '\'') {
                statement += take(string_size());
            } else {
                if (c == '[' || c == '{') ++depth;
                if (c == ']' || c == '}') depth = std::max(depth - 1, 0);
                statement += take(1);
                if (c == '\n' && depth == 0) break;
            }
        }
        return std::string(base::trim(statement));
    }

private:
    std::string_view take(std::size_t size) {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    /// Of the string that begins here, with its quotes; one of a single line ends with the line at the latest.
    std::size_t string_size() const {
        const auto quote = rest_.substr(0, 1);
        const bool is_long = rest_.size() >= 3 && rest_[1] == quote[0] && rest_[2] == quote[0];
        const auto mark = rest_.substr(0, is_long ? 3 : 1);
        for (auto i = mark.size(); i < rest_.size(); ++i) {
            if (rest_.substr(i, mark.size()) == mark) {
                i += mark.size();
                // a long one may have up to two quotes before those that end it
                for (int more = 0; is_long && more < 2 && rest_.substr(i, 1) == quote; ++more) ++i;
                return i;
            }
            if (rest_[i] == '\n' && !is_long) return i;
            if (rest_[i] == '\\' && quote == "\"" && rest_.substr(i + 1, 1) != "\n") ++i;
        }
        return std::string_view::npos;
    }

    std::string_view rest_;
};

/// Whether `name` stands there as a key, or as a part of one; rather too often than too rarely.
bool sets(std::string_view statement, std::string_view name) {
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    for (auto at = statement.find(name); at != std::string_view::npos; at = statement.find(name, at + 1)) {
        const auto end = statement.find_first_not_of(" \t\"'", at + name.size());
        if (end == std::string_view::npos || statement[end] != '=') continue;
        if (at == 0 || !is_word(statement[at - 1])) return true;
    }
    return false;
}

/// A URL may hold a password or be one by itself, a command may be given one. A key may also be written in escapes.
bool may_hold_secret(std::string_view statement) {
    constexpr std::array<std::string_view, 3> k_keys{"url", "command", "authorize_command"};
    constexpr std::array<std::string_view, 3> k_escapes{"\\u", "\\U", "\\x"};
    return std::any_of(k_keys.begin(), k_keys.end(), [&](auto key) { return sets(statement, key); }) ||
           std::any_of(k_escapes.begin(), k_escapes.end(),
                       [&](auto escape) { return statement.find(escape) != std::string_view::npos; });
}

std::string sha256_hex(std::string_view text) { return base::hex_encode(crypto::sha256(base::bytes_of(text))); }

std::string without_value(std::string_view statement) {
    const auto key = base::trim(statement.substr(0, statement.find_first_of("=\n")));
    return std::string(key) + " = (sha256 " + sha256_hex(statement).substr(0, 12) + ")";
}

/// Each line that says something, behind the table that it stands in, and no secret; sorted.
std::vector<std::string> statements(std::string_view text) {
    std::vector<std::string> lines;
    std::string table;
    for (StatementReader reader(text); !reader.at_end();) {
        const auto statement = reader.next();
        if (statement.empty()) continue;
        if (statement.front() == '[' && statement.find('=') == std::string::npos) {
            table = statement.substr(0, statement.find('\n')) + " ";
        } else if (may_hold_secret(statement)) {
            lines.push_back(table + without_value(statement));
        } else {
            for (const auto line : base::split(statement, '\n'))
                if (const auto words = base::trim(line); !words.empty()) lines.push_back(table + std::string(words));
        }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::string difference(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    std::vector<std::string> gone, come;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(come));
    std::string text;
    const auto add = [&](const char* sign, const std::vector<std::string>& lines) {
        for (const auto& line : lines) {
            if (text.size() > k_detail_limit) return;
            text += (text.empty() ? "" : "; ") + std::string(sign) + base::printable(line, 500);
        }
    };
    add("- ", gone);
    add("+ ", come);
    return text.empty() ? "comments only" : text;
}

/// What is kept of a settings file to compare with: the digest of all of it, and what it says without its secrets.
struct Noted {
    std::string sha256;
    std::vector<std::string> lines;
};

Noted summary(std::string_view text) { return {sha256_hex(text), statements(text)}; }

std::string as_text(const Noted& noted) {
    return std::string(k_digest) + noted.sha256 + "\n" + base::join(noted.lines, "\n");
}

Noted read_noted(std::string_view text) {
    if (!text.starts_with(k_digest)) return summary(text);  // noted word for word, by an earlier signet
    text.remove_prefix(k_digest.size());
    const auto end = std::min(text.find('\n'), text.size());
    Noted noted{std::string(text.substr(0, end)), {}};
    for (const auto line : base::split(text.substr(std::min(end + 1, text.size())), '\n'))
        if (!line.empty()) noted.lines.emplace_back(line);
    return noted;
}

bool any_noted(Transaction& transaction) {
    return transaction.query("SELECT 1 FROM meta WHERE name LIKE 'settings:%' LIMIT 1")->step();
}

}  // namespace

std::string changed_lines(std::string_view before, std::string_view after) {
    return difference(statements(before), statements(after));
}

bool note_settings(Store& store, const base::Path& file, std::string_view text, const std::string& actor,
                   base::Time now) {
    const auto name = std::string(k_name) + std::filesystem::absolute(file).lexically_normal().string();
    const auto now_noted = summary(text);
    const auto wanted = as_text(now_noted);
    const auto noted = [&](Transaction& transaction) { return get_meta(transaction, name); };
    const auto is_new = [&](const std::optional<base::Bytes>& before) {
        return !before || base::text_of(*before) != wanted;
    };
    if (!is_new(store.query(noted))) return false;
    bool entered = false;
    store.write([&](Transaction& transaction) {
        entered = false;
        const auto before = noted(transaction);  // another process may have been first
        if (!is_new(before)) return;
        AuditRecord entry{};
        entry.at = base::to_unix(now);
        entry.action = "settings.changed";
        entry.actor = actor;
        entry.detail = file.string() + ": ";
        if (before) {
            const auto old = read_noted(base::text_of(*before));
            entered = old.sha256 != now_noted.sha256;
            entry.detail += difference(old.lines, now_noted.lines);
        } else {
            entered = any_noted(transaction);
            entry.detail += "used here for the first time, sha256 " + now_noted.sha256;
        }
        put_meta(transaction, name, base::bytes_of(wanted));
        if (entered) append_audit(transaction, entry);
    });
    return entered;
}

}  // namespace signet::store
