#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "fuzz/targets.h"

namespace signet::fuzz {

/// What a target defines: parses `input` and checks what must hold of what came out. Whatever it throws is a finding:
/// what may be refused goes through `accepted`, what was made from a value that was parsed may not be refused.
static void one_input(base::ByteView input);
[[maybe_unused]] static const bool k_listed = targets().emplace(SIGNET_FUZZ_TARGET, &one_input).second;

/// An invariant. A false one ends the program, so that libFuzzer saves the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// What `parse` returns, nullopt when it refuses with a base::Error of any kind but internal.
template <class Parse>
auto accepted(Parse parse) -> std::optional<std::invoke_result_t<Parse>> {
    try {
        return parse();
    } catch (const base::Error& error) {
        require(error.kind() != base::Kind::internal, "a refusal is no internal error");
        return std::nullopt;
    }
}

/// Cuts an input into parts. At its end every part is empty and every number zero.
class Parts {
public:
    explicit Parts(base::ByteView input) : rest_(input) {}

    unsigned number() {
        if (rest_.empty()) return 0;
        const unsigned value = rest_[0];
        rest_ = rest_.subspan(1);
        return value;
    }
    /// One octet of length, then so many octets.
    base::ByteView piece() { return take(number()); }
    base::ByteView take(std::size_t size) {
        const auto part = rest_.first(size < rest_.size() ? size : rest_.size());
        rest_ = rest_.subspan(part.size());
        return part;
    }
    /// Up to and without the next LF.
    std::string_view line() {
        const auto text = base::text_of(rest_);
        const auto line = text.substr(0, text.find('\n'));
        take(line.size() + 1);
        return line;
    }
    base::ByteView rest() const { return rest_; }
    std::string_view rest_text() const { return base::text_of(rest_); }
    bool empty() const { return rest_.empty(); }

private:
    base::ByteView rest_;
};

}  // namespace signet::fuzz
