#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "store/store.h"

namespace signet::server {

/// Anti-replay nonces (RFC 8555 section 6.5). A nonce carries its number, its time and the run it belongs to, under a
/// MAC whose key is in the store: issuing one writes nothing and remembers nothing. Each is accepted once, ever: a bit
/// per outstanding number says which are used. `save` writes the bits down at a clean stop, and the next run takes them
/// over; after a crash there are none, the run has a new name, and all older nonces are refused. One server per store
/// (its lock sees to that). Thread-safe.
class Nonces {
public:
    Nonces(store::Store& store, base::Random& random);
    /// Takes what a clean stop saved out of the store, so that a crash from here on leaves none behind, and keeps a key
    /// that is new. To be durable before the first nonce is issued or accepted; may run twice.
    void begin(store::Transaction& transaction) const;

    std::string issue(base::Time now);
    /// True once for each nonce of ours that is not older than the lifetime.
    bool redeem(std::string_view nonce, base::Time now);
    void set_lifetime(base::Duration lifetime) { lifetime_ = lifetime.count(); }
    /// The last act of a clean stop: nothing is issued or accepted afterwards.
    void save();

private:
    static constexpr std::uint64_t k_block_bits = 4096;
    struct Block {
        std::uint64_t first;       // number of its first bit
        std::int64_t last_issued;  // seconds
        std::array<std::uint64_t, k_block_bits / 64> used{};
    };

    void take_over(base::ByteView state);
    base::Bytes state() const;
    std::uint64_t next_number(std::int64_t seconds);
    bool cross_off(std::uint64_t number);
    base::Bytes mac(base::ByteView message) const;

    store::Store& store_;
    std::optional<base::Bytes> new_key_;        // of a store that had none
    std::optional<crypto::HmacSha256Key> key_;  // from the constructor on
    std::atomic<std::int64_t> lifetime_;
    mutable std::mutex mutex_;  // guards what follows; held for bit operations only
    std::uint64_t run_ = 0;
    std::uint64_t next_ = 0;
    bool closed_ = false;
    std::deque<Block> blocks_;
};

}  // namespace signet::server
