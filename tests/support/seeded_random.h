#pragma once

#include <mutex>
#include <random>

#include "base/random.h"

namespace signet::test {

/// The same bytes for the same seed, on every machine. Thread-safe.
class SeededRandom final : public base::Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}

    void fill(std::span<std::uint8_t> out) override {
        const std::lock_guard lock(mutex_);
        for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_() & 0xff);
    }

private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

}  // namespace signet::test
