#pragma once

#include <array>

namespace signet::test {

/// Addresses that validation never connects to unless `allow_targets` has them, in every spelling that has got around
/// such a rule somewhere.
constexpr std::array k_forbidden_targets = {
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.0.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "febf::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:0.0.0.0",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
};

}  // namespace signet::test
