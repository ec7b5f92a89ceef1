#include "cli/assign.h"

#include <algorithm>
#include <charconv>
#include <type_traits>

#include "base/error.h"
#include "base/text.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

bool read_bool(const std::string& text, const std::string& what) {
    const std::string word = base::lower(text);
    if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
    if (word == "false" || word == "no" || word == "off" || word == "0") return false;
    throw Error{Kind::usage, what + " takes true or false, not '" + base::printable(text) + "'"};
}

int read_int(const std::string& text, const std::string& what) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || text.empty())
        throw Error{Kind::usage, what + " takes a number, not '" + base::printable(text) + "'"};
    return number;
}

crypto::KeyType read_key_type(const std::string& text, const std::string& what) {
    const auto type = crypto::parse_key_type(text);
    const auto makeable = crypto::makeable_key_types();
    if (type && std::ranges::find(makeable, *type) != makeable.end()) return *type;
    if (type && std::ranges::find(crypto::certificate_key_types(), *type) != crypto::certificate_key_types().end())
        throw Error{Kind::usage, what + ": the OpenSSL of this machine makes no keys of type " + text,
                    "use ec-p256, or OpenSSL 3.5"};
    throw Error{Kind::usage, what + " takes a key type, not '" + base::printable(text) + "'", "use ec-p256"};
}

template <class T>
T read(const std::string& text, const std::string& what) {
    if constexpr (std::is_same_v<T, bool>) return read_bool(text, what);
    if constexpr (std::is_same_v<T, int>) return read_int(text, what);
    if constexpr (std::is_same_v<T, std::string>) return text;
    if constexpr (std::is_same_v<T, base::Duration>) return base::parse_duration(text, what);
    if constexpr (std::is_same_v<T, base::Time>) return base::parse_time(text, what);
    if constexpr (std::is_same_v<T, crypto::KeyType>) return read_key_type(text, what);
    if constexpr (std::is_same_v<T, base::Path>) {
        if (text.empty()) throw Error{Kind::usage, what + " is empty", "give a path"};
        return text;
    }
}

template <class T>
void read_into(std::vector<T>& target, const std::vector<std::string>& texts, const std::string& what) {
    for (const auto& text : texts) target.push_back(read<T>(text, what));
}
template <class T>
void read_into(std::optional<T>& target, const std::vector<std::string>& texts, const std::string& what) {
    target = read<T>(texts.back(), what);
}
template <class T>
void read_into(T& target, const std::vector<std::string>& texts, const std::string& what) {
    target = read<T>(texts.back(), what);
}

void check_value(const std::string& text, const std::string& what, const std::vector<std::string>& values) {
    if (std::find(values.begin(), values.end(), text) != values.end()) return;
    const auto near = base::nearest(text, values);
    throw Error{Kind::usage, what + " does not take '" + base::printable(text) + "'",
                near ? *near : "use one of: " + base::join(values, ", ")};
}

}  // namespace

bool is_flag(const Target& target) {
    return std::holds_alternative<bool*>(target) || std::holds_alternative<std::optional<bool>*>(target);
}

bool is_many(const Target& target) {
    return std::holds_alternative<std::vector<std::string>*>(target) ||
           std::holds_alternative<std::vector<base::Path>*>(target);
}

void assign(const Target& target, const std::vector<std::string>& texts, const std::string& what,
            const std::vector<std::string>& values, bool comma_separated) {
    if (texts.empty()) return;
    std::vector<std::string> members;
    for (const auto& text : texts) {
        if (!comma_separated) {
            members.push_back(text);
            continue;
        }
        for (const auto piece : base::split(text, ',')) members.emplace_back(base::trim(piece));
    }
    if (!values.empty())
        for (const auto& member : members) check_value(member, what, values);
    std::visit([&](auto* place) { read_into(*place, members, what); }, target);
}

}  // namespace signet::cli
