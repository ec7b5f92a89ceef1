#include "base/random.h"

#include <array>
#include <doctest/doctest.h>

#include "support/seeded_random.h"

TEST_CASE("random: the kernel's bytes differ, a seed's do not") {
    std::array<std::uint8_t, 32> a{}, b{};
    signet::base::OsRandom random;
    random.fill(a);
    random.fill(b);
    CHECK(a != b);
    signet::test::SeededRandom(7).fill(a);
    signet::test::SeededRandom(7).fill(b);
    CHECK(a == b);
}
