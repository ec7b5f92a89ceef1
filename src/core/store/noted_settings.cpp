#include "store/noted_settings.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/text.h"
#include "store/audit.h"
#include "store/meta.h"

namespace signet::store {

namespace {

constexpr std::size_t k_detail_limit = 8000;

/// Each line that says something, behind the table that it stands in; sorted.
std::vector<std::string> statements(std::string_view text) {
    std::vector<std::string> lines;
    std::string table;
    for (const auto line : base::split(text, '\n')) {
        const auto words = base::trim(line);
        if (words.empty() || words.starts_with('#')) continue;
        if (words.starts_with('[') && words.find('=') == std::string_view::npos)
            table = std::string(words) + " ";
        else
            lines.push_back(table + std::string(words));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::string name_of(const base::Path& file) {
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(file, ignored);
    return "settings:" + (ignored ? file : path).string();
}

}  // namespace

std::string changed_lines(std::string_view before, std::string_view after) {
    const auto old_lines = statements(before), new_lines = statements(after);
    std::vector<std::string> gone, come;
    std::set_difference(old_lines.begin(), old_lines.end(), new_lines.begin(), new_lines.end(),
                        std::back_inserter(gone));
    std::set_difference(new_lines.begin(), new_lines.end(), old_lines.begin(), old_lines.end(),
                        std::back_inserter(come));
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

bool note_settings(Store& store, const base::Path& file, std::string_view text, const std::string& actor,
                   base::Time now) {
    const auto name = name_of(file);
    const auto noted = [&](Transaction& transaction) { return get_meta(transaction, name); };
    const auto is_new = [&](const std::optional<base::Bytes>& before) {
        return !before || base::text_of(*before) != text;
    };
    if (!is_new(store.query(noted))) return false;
    bool changed = false;
    store.write([&](Transaction& transaction) {
        const auto before = noted(transaction);  // another process may have been first
        changed = before && is_new(before);
        if (!is_new(before)) return;
        put_meta(transaction, name, base::bytes_of(text));
        if (!changed) return;
        AuditRecord entry{};
        entry.at = base::to_unix(now);
        entry.action = "settings.changed";
        entry.actor = actor;
        entry.detail = file.string() + ": " + changed_lines(base::text_of(*before), text);
        append_audit(transaction, entry);
    });
    return changed;
}

}  // namespace signet::store
