#include "base/toml.h"

#include <nlohmann/json.hpp>
#include <toml++/toml.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace signet::base {

/// One table of the file. The whole document lives as long as any part of it is read.
struct TomlFile::Node {
    std::shared_ptr<const toml::table> document;
    const toml::table* table;
};

namespace {

constexpr std::size_t k_nearest_keys_shown = 12;

std::string at_line(const std::string& file_name, std::int64_t line) {
    return line > 0 ? file_name + " line " + std::to_string(line) : file_name;
}

std::int64_t line_of(const toml::table& table, std::string_view key) {
    for (const auto& [name, value] : table) {
        if (name.str() == key) return name.source().begin.line;
    }
    return table.source().begin.line;
}

Json to_json(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* fraction = node.as_floating_point()) return fraction->get();
    Json list = Json::array();
    if (const auto* array = node.as_array())
        for (const toml::node& element : *array) list.push_back(to_json(element));
    return list;
}

void add_entries(std::vector<TomlEntry>& entries, const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
        const std::string path = prefix + std::string(key.str());
        if (const auto* inner = node.as_table())
            add_entries(entries, *inner, path + '.');
        else
            entries.push_back({path, dump_json(to_json(node)), static_cast<int>(key.source().begin.line)});
    }
}

}  // namespace

TomlFile TomlFile::parse(std::string_view text, std::string file_name) {
    TomlFile file;
    try {
        auto document = std::make_shared<const toml::table>(toml::parse(text, file_name));
        file.root_ = std::make_shared<Node>(Node{document, document.get()});
    } catch (const toml::parse_error& error) {
        const auto& begin = error.source().begin;
        throw Error(Kind::bad_input,
                    at_line(file_name, begin.line) + ", column " + std::to_string(begin.column) + ": " +
                        printable(error.description()),
                    "correct that line; " + file_name + " is written in TOML");
    }
    file.file_name_ = std::move(file_name);
    return file;
}

TomlFile TomlFile::empty(std::string file_name) { return parse("", std::move(file_name)); }

std::vector<TomlEntry> TomlFile::entries() const {
    std::vector<TomlEntry> entries;
    add_entries(entries, *root_->table, "");
    return entries;
}

TomlTable::TomlTable(const TomlFile& file) : node_(file.root_), file_name_(file.file_name_) {}

TomlTable::TomlTable(std::shared_ptr<const TomlFile::Node> node, std::string file_name, std::string path)
    : node_(std::move(node)), file_name_(std::move(file_name)), path_(std::move(path)) {}

bool TomlTable::has(std::string_view key) const { return node_->table->contains(key); }

std::optional<std::string> TomlTable::text_if_there(std::string_view key) {
    known_.emplace(key);
    const toml::node* node = node_->table->get(key);
    if (node == nullptr) return std::nullopt;
    if (!node->is_string()) refuse(key, "must be a text in quotes");
    return node->as_string()->get();
}

std::string TomlTable::text(std::string_view key, std::string fallback) {
    return text_if_there(key).value_or(std::move(fallback));
}

std::vector<std::string> TomlTable::texts(std::string_view key, std::vector<std::string> fallback) {
    known_.emplace(key);
    const toml::node* node = node_->table->get(key);
    if (node == nullptr) return fallback;
    const toml::array* array = node->as_array();
    if (array == nullptr) refuse(key, "must be a list of texts", "write it as " + std::string(key) + " = [\"…\"]");
    std::vector<std::string> values;
    for (const toml::node& element : *array) {
        if (!element.is_string()) refuse(key, "must be a list of texts, each in quotes");
        values.push_back(element.as_string()->get());
    }
    return values;
}

bool TomlTable::boolean(std::string_view key, bool fallback) {
    known_.emplace(key);
    const toml::node* node = node_->table->get(key);
    if (node == nullptr) return fallback;
    if (!node->is_boolean()) refuse(key, "must be true or false, without quotes");
    return node->as_boolean()->get();
}

std::int64_t TomlTable::integer(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high) {
    known_.emplace(key);
    const toml::node* node = node_->table->get(key);
    if (node == nullptr) return fallback;
    const std::int64_t value = node->is_integer() ? node->as_integer()->get() : low - 1;
    if (!node->is_integer() || value < low || value > high) {
        refuse(key, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

Duration TomlTable::duration(std::string_view key, std::string_view fallback) {
    const auto value = text_if_there(key);
    if (!value) return parse_duration(fallback, key);
    try {
        return parse_duration(*value, key);
    } catch (const Error& error) {
        refuse(key, "must be a duration, not \"" + printable(*value, 40) + '"', error.hint());
    }
}

TomlTable TomlTable::table(std::string_view key) {
    known_.emplace(key);
    const std::string path = path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
    const toml::node* node = node_->table->get(key);
    if (node == nullptr) {
        auto nothing = std::make_shared<const toml::table>();
        return {std::make_shared<TomlFile::Node>(TomlFile::Node{nothing, nothing.get()}), file_name_, path};
    }
    const toml::table* table = node->as_table();
    if (table == nullptr) refuse(key, "must be a table", "write it as [" + path + ']');
    return {std::make_shared<TomlFile::Node>(TomlFile::Node{node_->document, table}), file_name_, path};
}

std::map<std::string, TomlTable> TomlTable::tables(std::string_view key) {
    TomlTable parent = table(key);
    std::map<std::string, TomlTable> found;
    for (const auto& [name, value] : *parent.node_->table) found.emplace(name.str(), parent.table(name.str()));
    return found;
}

void TomlTable::refuse(std::string_view key, std::string_view message, std::string hint) const {
    const std::string name = path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
    throw Error(Kind::bad_input,
                at_line(file_name_, line_of(*node_->table, key)) + ": " + name + ' ' + std::string(message),
                std::move(hint));
}

void TomlTable::finish() const {
    const toml::key* first = nullptr;
    for (const auto& [name, value] : *node_->table) {
        const bool earlier = first == nullptr || name.source().begin.line < first->source().begin.line;
        if (earlier && !known_.contains(name.str())) first = &name;
    }
    if (first == nullptr) return;
    const std::vector<std::string> known(known_.begin(), known_.end());
    std::string hint;
    if (const auto near = nearest(first->str(), known)) {
        hint = "did you mean " + *near + '?';
    } else if (known.size() <= k_nearest_keys_shown) {
        hint = "the keys here are " + join(known, ", ");
    }
    const std::string place = path_.empty() ? "" : " in [" + path_ + ']';
    throw Error(Kind::bad_input,
                at_line(file_name_, first->source().begin.line) + ": unknown key \"" + printable(first->str(), 60) +
                    '"' + place,
                std::move(hint));
}

}  // namespace signet::base
