#pragma once

#include <cstdint>
#include <span>

namespace signet::base {

/// The randomness seam: serials, nonces, tokens. Key generation stays OpenSSL's own.
class Random {
public:
    virtual ~Random() = default;
    /// Fills all of `out` with bytes fit for keys. Thread-safe.
    virtual void fill(std::span<std::uint8_t> out) = 0;
};

/// getrandom(2). Throws environment when the kernel has none to give.
class OsRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace signet::base
