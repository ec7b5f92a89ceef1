#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The same bytes seen the other way; nothing is copied.
ByteView bytes_of(std::string_view text);
std::string_view text_of(ByteView bytes);

Bytes to_bytes(std::string_view text);
std::string to_text(ByteView bytes);
bool equal(ByteView a, ByteView b);  // not constant-time: see crypto::constant_time_equal
void append(Bytes& out, ByteView more);

/// Text that must not be copied, logged or left in memory: private keys in PEM,
/// passphrases, MAC keys. Wiped when it dies. Has no formatter and no stream
/// operator, so that printing one does not compile.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// The one way to the contents; greppable on purpose.
    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

private:
    std::string text_;
};

/// Overwrites memory in a way that the optimizer keeps.
void wipe(void* memory, std::size_t size) noexcept;

}  // namespace signet::base
