#include "crypto/key_memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <openssl/crypto.h>
#include <utility>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {
namespace {

constinit thread_local bool among_keys = false;

void* take_among_keys(std::size_t size) {
    // Without a place in the code that asks, OpenSSL reports no error, for which it would allocate.
    among_keys = false;
    void* memory = CRYPTO_secure_malloc_initialized() == 1 ? CRYPTO_secure_malloc(size, nullptr, 0) : nullptr;
    among_keys = true;
    return memory;
}

// TLS takes a buffer for each record that it reads or writes, and gives it back at once, so that a connection at rest
// has none. For malloc(3) these are large: it looks for a place, merges what is free, and hands pages back to the
// kernel. So a few are kept here, wiped like all else.
constexpr std::size_t k_record = 17 << 10, k_smallest_record = 16 << 10;
std::array<std::atomic<void*>, 8> records_at_rest{};

void* take_record() {
    for (auto& place : records_at_rest) {
        if (place.load(std::memory_order_relaxed) == nullptr) continue;
        if (void* record = place.exchange(nullptr, std::memory_order_acquire)) return record;
    }
    return std::malloc(k_record);
}

bool keep_record(void* memory, std::size_t size) {
    if (size < k_record || size >= k_record + 64) return false;
    for (auto& place : records_at_rest) {
        void* nothing = nullptr;
        if (place.compare_exchange_strong(nothing, memory, std::memory_order_release, std::memory_order_relaxed))
            return true;
    }
    return false;
}

void* take(std::size_t size, const char*, int) {
    if (size == 0) return nullptr;
    void* memory = among_keys ? take_among_keys(size) : nullptr;
    if (memory != nullptr) return memory;
    return size > k_smallest_record && size <= k_record ? take_record() : std::malloc(size);
}

void give_back(void* memory, const char*, int) {
    if (memory == nullptr) return;
    if (CRYPTO_secure_allocated(memory) == 1) return CRYPTO_secure_free(memory, nullptr, 0);  // it wipes, too
    const std::size_t size = ::malloc_usable_size(memory);
    base::wipe(memory, size);
    if (!keep_record(memory, size)) std::free(memory);
}

std::size_t room_of(void* memory) {
    return CRYPTO_secure_allocated(memory) == 1 ? CRYPTO_secure_actual_size(memory) : ::malloc_usable_size(memory);
}

/// realloc(3) itself would leave what it moves from as it was.
void* resize(void* memory, std::size_t size, const char* file, int line) {
    if (memory == nullptr) return take(size, file, line);
    const std::size_t there = room_of(memory);
    if (size != 0 && size <= there && size >= there / 2) return memory;
    const AmongKeys as_before(CRYPTO_secure_allocated(memory) == 1);
    void* moved = take(size, file, line);
    if (moved == nullptr && size != 0) return nullptr;
    if (moved != nullptr) std::memcpy(moved, memory, std::min(size, there));
    give_back(memory, file, line);
    return moved;
}

void raise_limit_of_locked_memory() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_MEMLOCK, &limit);
}

}  // namespace

AmongKeys::AmongKeys(bool wanted) : before_(std::exchange(among_keys, among_keys || wanted)) {}
AmongKeys::~AmongKeys() { among_keys = before_; }

void wipe_freed_memory() { CRYPTO_set_mem_functions(take, resize, give_back); }

bool keep_keys_apart(std::size_t bytes) {
    constexpr std::size_t k_smallest = 32;  // the numbers of a P-256 key
    if (CRYPTO_secure_malloc_initialized() == 1) return true;
    raise_limit_of_locked_memory();
    return CRYPTO_secure_malloc_init(bytes, k_smallest) == 1;
}

}  // namespace signet::crypto
