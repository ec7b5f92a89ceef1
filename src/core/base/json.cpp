#include "base/json.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace signet::base {
namespace {

/// Builds the document as nlohmann's own builder does, and stops at a duplicate member or below the depth limit.
class StrictBuilder : public nlohmann::json_sax<Json> {
public:
    explicit StrictBuilder(const JsonLimits& limits) : limits_(limits) {}

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        if (path_.back()->size() >= limits_.members) return refuse("more members than any object here has");
        if (path_.back()->contains(name)) return refuse("the member \"" + printable(name, 60) + "\" stands twice");
        member_ = &(*path_.back())[name];
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("no JSON at byte " + std::to_string(position));
    }

    Json document;
    std::string reason;

private:
    bool refuse(std::string why) {
        reason = std::move(why);
        return false;
    }
    Json* place(Json&& value) {
        if (path_.empty()) {
            document = std::move(value);
            return &document;
        }
        if (path_.back()->is_array()) {
            path_.back()->push_back(std::move(value));
            return &path_.back()->back();
        }
        *member_ = std::move(value);
        return member_;
    }
    bool too_many() {
        return ++values_ > limits_.values && !refuse("more than " + std::to_string(limits_.values) + " values");
    }
    bool put(Json&& value) {
        if (too_many()) return false;
        place(std::move(value));
        return true;
    }
    bool open(Json&& value) {
        if (too_many()) return false;
        if (path_.size() >= limits_.depth)
            return refuse("nested deeper than " + std::to_string(limits_.depth) + " levels");
        path_.push_back(place(std::move(value)));
        return true;
    }
    bool close() {
        path_.pop_back();
        return true;
    }

    JsonLimits limits_;
    std::size_t values_ = 0;
    std::vector<Json*> path_;  // open objects and arrays; a container only grows at its innermost end, so they stay put
    Json* member_ = nullptr;
};

[[noreturn]] void refuse(std::string_view what, const std::string& why) {
    throw Error(Kind::malformed, std::string(what) + ": " + why);
}

/// nullptr when the member is absent.
const Json* find(const Json& object, std::string_view member, std::string_view what) {
    if (!object.is_object()) refuse(what, "not a JSON object");
    const auto found = object.find(std::string(member));
    return found == object.end() ? nullptr : &*found;
}

[[noreturn]] void wrong_type(std::string_view what, std::string_view member, std::string_view wanted) {
    refuse(what, "\"" + std::string(member) + "\" must be " + std::string(wanted));
}

}  // namespace

Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits) {
    if (text.size() > limits.size) refuse(what, "larger than " + std::to_string(limits.size) + " bytes");
    if (text.starts_with("\xEF\xBB\xBF")) refuse(what, "no JSON: it begins with a byte order mark");
    StrictBuilder builder(limits);
    if (!Json::sax_parse(text, &builder)) refuse(what, builder.reason);
    return std::move(builder.document);
}

std::string dump_json(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string pretty_json(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

std::string json_string(const Json& object, std::string_view member, std::string_view what) {
    auto value = json_string_if_there(object, member, what);
    if (!value) refuse(what, "\"" + std::string(member) + "\" is missing");
    return std::move(*value);
}

std::optional<std::string> json_string_if_there(const Json& object, std::string_view member, std::string_view what) {
    const Json* found = find(object, member, what);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) wrong_type(what, member, "a string");
    return found->get<std::string>();
}

std::optional<bool> json_bool_if_there(const Json& object, std::string_view member, std::string_view what) {
    const Json* found = find(object, member, what);
    if (found == nullptr) return std::nullopt;
    if (!found->is_boolean()) wrong_type(what, member, "true or false");
    return found->get<bool>();
}

std::optional<std::int64_t> json_int_if_there(const Json& object, std::string_view member, std::string_view what) {
    const Json* found = find(object, member, what);
    if (found == nullptr) return std::nullopt;
    const bool fits = found->is_number_integer() &&
                      (!found->is_number_unsigned() || found->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
    if (!fits) wrong_type(what, member, "a whole number");
    return found->get<std::int64_t>();
}

std::vector<std::string> json_strings(const Json& object, std::string_view member, std::string_view what) {
    const Json* found = find(object, member, what);
    if (found == nullptr) return {};
    if (!found->is_array()) wrong_type(what, member, "an array of strings");
    std::vector<std::string> values;
    values.reserve(found->size());
    for (const Json& element : *found) {
        if (!element.is_string()) wrong_type(what, member, "an array of strings");
        values.push_back(element.get<std::string>());
    }
    return values;
}

}  // namespace signet::base
