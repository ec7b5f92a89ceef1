#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace signet::base {

/// One value of a file that stands at `line`: "profile.web.subject.o".
struct TomlEntry {
    std::string path;
    std::string json;  // text
    int line;
};

/// A parsed TOML file with the line of every key. Immutable; readers share it.
class TomlFile {
public:
    /// Throws bad_input with file name, line and column.
    static TomlFile parse(std::string_view text, std::string file_name);
    static TomlFile empty(std::string file_name);

    /// All values there are, but tables, whatever they mean.
    std::vector<TomlEntry> entries() const;

    struct Node;

private:
    friend class TomlTable;
    std::shared_ptr<const Node> root_;
    std::string file_name_;
};

/// Reads one table key by key. Every getter takes the default and marks the key as known; `finish` then refuses
/// whatever was not asked for, with its line and the nearest known key. Errors: bad_input "signet.toml line 4: …".
class TomlTable {
public:
    explicit TomlTable(const TomlFile& file);

    bool has(std::string_view key) const;
    std::string text(std::string_view key, std::string fallback);
    std::optional<std::string> text_if_there(std::string_view key);
    std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback);  // array of strings
    bool boolean(std::string_view key, bool fallback);
    std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high);
    Duration duration(std::string_view key, std::string_view fallback);  // parse_duration's texts
    /// An empty table when absent. Finish it too.
    TomlTable table(std::string_view key);
    /// Sub-tables by their names: the profiles of [profile.NAME].
    std::map<std::string, TomlTable> tables(std::string_view key);

    /// An error that points at `key` of this table: for values that only the reader can judge.
    [[noreturn]] void refuse(std::string_view key, std::string_view message, std::string hint = {}) const;
    /// Throws bad_input for the first key that nobody asked for.
    void finish() const;

private:
    TomlTable(std::shared_ptr<const TomlFile::Node> node, std::string file_name, std::string path);
    std::shared_ptr<const TomlFile::Node> node_;
    std::string file_name_;
    std::string path_;  // "profile.default", for messages
    std::set<std::string, std::less<>> known_;
};

}  // namespace signet::base
