#include "base/bytes.h"

#include <doctest/doctest.h>
#include <ostream>
#include <type_traits>
#include <utility>

using namespace signet::base;

namespace {
template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};
}  // namespace

TEST_CASE("bytes: text and bytes are views of each other") {
    const std::string text("a\0\xff", 3);
    CHECK(bytes_of(text).size() == 3);
    CHECK(bytes_of(text)[2] == 0xff);
    CHECK(to_text(to_bytes(text)) == text);
    CHECK(text_of(bytes_of(text)) == text);
}

TEST_CASE("bytes: equal looks at length and contents") {
    CHECK(equal(bytes_of("abc"), bytes_of("abc")));
    CHECK_FALSE(equal(bytes_of("abc"), bytes_of("ab")));
    CHECK_FALSE(equal(bytes_of("abc"), bytes_of("abd")));
    CHECK(equal({}, {}));
}

TEST_CASE("secret: moves leave nothing behind, copies and printing do not compile") {
    static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
    static_assert(!Printable<Secret>);
    Secret first(std::string("short"));
    Secret second(std::move(first));
    CHECK(second.reveal() == "short");
    CHECK(first.empty());
    Secret third(std::string(100, 'x'));
    third = std::move(second);
    CHECK(third.reveal() == "short");
    CHECK(second.empty());
}
