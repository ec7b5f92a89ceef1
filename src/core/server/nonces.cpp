#include "server/nonces.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "store/meta.h"

namespace signet::server {
namespace {

constexpr std::string_view k_key_name = "nonce.key";
constexpr std::string_view k_state_name = "nonce.state";
constexpr std::size_t k_key_size = 32;
constexpr std::size_t k_mac_size = 16;
constexpr std::size_t k_message_size = 8 + 6 + 6;  // run, number, seconds
constexpr std::size_t k_text_size = (k_message_size + k_mac_size) * 4 / 3;
constexpr std::size_t k_block_limit = 16384;  // 64 Mi outstanding nonces in 8 MiB; beyond, the oldest are refused

void put(base::Bytes& out, std::uint64_t value, int octets) {
    for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint64_t take(base::ByteView& in, std::size_t octets) {
    std::uint64_t value = 0;
    for (const auto byte : in.first(octets)) value = value << 8 | byte;
    in = in.subspan(octets);
    return value;
}

std::uint64_t draw(base::Random& random) {
    base::Bytes bytes(8);
    random.fill(bytes);
    base::ByteView view = bytes;
    return take(view, 8);
}

}  // namespace

Nonces::Nonces(store::Store& store, base::Random& random)
    : store_(store), lifetime_(std::chrono::duration_cast<base::Duration>(std::chrono::hours(1)).count()) {
    std::optional<base::Bytes> key, saved;
    store_.read([&](store::Transaction& transaction) {
        key = store::get_meta(transaction, k_key_name);
        saved = store::get_meta(transaction, k_state_name);
    });
    if (!key) random.fill(new_key_.emplace(k_key_size));
    key_.emplace(key ? *key : *new_key_);
    run_ = draw(random);
    if (saved) take_over(*saved);
}

void Nonces::begin(store::Transaction& transaction) const {
    if (new_key_) store::put_meta(transaction, k_key_name, *new_key_);
    store::erase_meta(transaction, k_state_name);
}

void Nonces::take_over(base::ByteView state) {
    constexpr std::size_t block_size = 16 + k_block_bits / 8;
    if (state.size() < 16 || (state.size() - 16) % block_size != 0) return;  // written by something else: start anew
    run_ = take(state, 8);
    next_ = take(state, 8);
    while (!state.empty()) {
        Block block{take(state, 8), static_cast<std::int64_t>(take(state, 8)), {}};
        for (auto& word : block.used) word = take(state, 8);
        blocks_.push_back(block);
    }
}

base::Bytes Nonces::state() const {
    base::Bytes out;
    put(out, run_, 8);
    put(out, next_, 8);
    for (const auto& block : blocks_) {
        put(out, block.first, 8);
        put(out, static_cast<std::uint64_t>(block.last_issued), 8);
        for (const auto word : block.used) put(out, word, 8);
    }
    return out;
}

void Nonces::save() {
    base::Bytes bytes;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        closed_ = true;
        bytes = state();
    }
    store_.write([&](store::Transaction& transaction) {
        begin(transaction);  // what is saved is good for nothing without its key
        store::put_meta(transaction, k_state_name, bytes);
    });
}

std::uint64_t Nonces::next_number(std::int64_t seconds) {
    const std::lock_guard lock(mutex_);
    if (closed_) throw base::Error{base::Kind::environment, "the server is stopping"};
    if (blocks_.empty() || next_ >= blocks_.back().first + k_block_bits) {
        const auto oldest = seconds - lifetime_ / 1'000'000;
        while (!blocks_.empty() && (blocks_.front().last_issued < oldest || blocks_.size() >= k_block_limit)) {
            blocks_.pop_front();
        }
        blocks_.push_back({next_, seconds, {}});
    }
    blocks_.back().last_issued = std::max(blocks_.back().last_issued, seconds);
    return next_++;
}

bool Nonces::cross_off(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (closed_ || number >= next_ || blocks_.empty() || number < blocks_.front().first) return false;
    auto& block = blocks_[(number - blocks_.front().first) / k_block_bits];
    const auto bit = number - block.first;
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    if ((block.used[bit / 64] & mask) != 0) return false;
    block.used[bit / 64] |= mask;
    return true;
}

base::Bytes Nonces::mac(base::ByteView message) const {
    const auto full = key_->mac(message);
    return {full.begin(), full.begin() + k_mac_size};
}

std::string Nonces::issue(base::Time now) {
    const auto seconds = base::to_unix(now);
    const auto number = next_number(seconds);
    base::Bytes bytes;
    bytes.reserve(k_message_size + k_mac_size);
    put(bytes, run_, 8);
    put(bytes, number, 6);
    put(bytes, static_cast<std::uint64_t>(seconds), 6);
    base::append(bytes, mac(bytes));
    return base::base64url_encode(bytes);
}

bool Nonces::redeem(std::string_view nonce, base::Time now) {
    if (nonce.size() != k_text_size) return false;
    const auto bytes = base::base64url_decode(nonce);
    if (!bytes || bytes->size() != k_message_size + k_mac_size) return false;
    base::ByteView message = base::ByteView(*bytes).first(k_message_size);
    if (!crypto::constant_time_equal(mac(message), base::ByteView(*bytes).subspan(k_message_size))) return false;
    const auto run = take(message, 8);
    const auto number = take(message, 6);
    const auto issued = static_cast<std::int64_t>(take(message, 6));
    if (run != run_ || base::to_unix(now) - issued > lifetime_ / 1'000'000) return false;
    return cross_off(number);
}

}  // namespace signet::server
