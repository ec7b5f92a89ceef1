// Small texts of settings, flags and files: times, durations, encodings, commands.
#include "base/encoding.h"
#include "base/text.h"
#include "base/time.h"
#include "fuzz/fuzz.h"

namespace signet::fuzz {
namespace {

void check_time(std::string_view text) {
    const auto time = accepted([&] { return base::parse_time(text, "time"); });
    if (!time) return;
    const auto again = base::parse_time(base::format_time(*time), "what was formatted");
    require(base::to_unix(again) == base::to_unix(*time), "a time that was parsed is formatted to the same second");
    require(base::from_unix(base::to_unix(*time)) <= *time, "seconds round down");
}

void check_duration(std::string_view text) {
    const auto duration = accepted([&] { return base::parse_duration(text, "duration"); });
    if (!duration) return;
    const auto again = base::parse_duration(base::format_duration(*duration), "what was formatted");
    require(again == *duration, "a duration that was parsed is formatted to the same one");
    require(!base::describe_duration(*duration).empty(), "a duration can be described");
}

void check_encodings(std::string_view text) {
    if (const auto bytes = base::hex_decode(text)) {
        require(base::hex_decode(base::hex_encode(*bytes)) == bytes, "hex comes back");
    }
    if (const auto bytes = base::base64_decode(text)) {
        require(base::base64_encode(*bytes) == text, "base64 has one form");
    }
    base::base64_decode(text, true);
    if (const auto bytes = base::base64url_decode(text)) {
        require(base::base64url_encode(*bytes) == text, "base64url has one form");
    }
    const auto raw = base::bytes_of(text);
    require(base::base64_decode(base::base64_encode(raw)) == base::to_bytes(text), "base64 takes all bytes");
    require(base::base64url_decode(base::base64url_encode(raw)) == base::to_bytes(text), "base64url takes all bytes");
    const auto percent = base::percent_encode(text, [](char c) { return c >= 'a' && c <= 'z'; });
    require(base::percent_decode(percent) == std::string(text), "percent encoding takes all bytes");
    base::percent_decode(text);
}

void check_words(std::string_view text) {
    accepted([&] { return base::split_command(text); });
    for (const char c : base::printable(text, 100)) require(c >= ' ' && c < 0x7f, "printable text is printable");
    const std::vector<std::string> words{"default_validity", "permit_dns", "max_names"};
    base::nearest(text, words);
    require(base::iequals(base::lower(text), text), "lower case compares equal");
}

}  // namespace

void one_input(base::ByteView input) {
    const auto text = base::text_of(input);
    check_time(text);
    check_duration(text);
    check_encodings(text);
    check_words(text);
}

}  // namespace signet::fuzz
