#include "base/bytes.h"

#include <string.h>

#include <algorithm>
#include <utility>

namespace signet::base {

ByteView bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string_view text_of(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Bytes to_bytes(std::string_view text) {
    const ByteView view = bytes_of(text);
    return {view.begin(), view.end()};
}

std::string to_text(ByteView bytes) { return std::string(text_of(bytes)); }

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

void wipe(void* memory, std::size_t size) noexcept {
    if (size != 0) explicit_bzero(memory, size);
}

// A moved-from std::string may keep a short text in its own body, so both sides are wiped by hand.
Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
    wipe(other.text_.data(), other.text_.capacity());
    other.text_.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(text_.data(), text_.capacity());
    text_.swap(other.text_);
    other.text_.clear();
    return *this;
}

Secret::~Secret() { wipe(text_.data(), text_.capacity()); }

}  // namespace signet::base
