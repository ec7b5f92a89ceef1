#include "crypto/key_memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
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

void* take(std::size_t size, const char*, int) {
    if (size == 0) return nullptr;
    void* memory = among_keys ? take_among_keys(size) : nullptr;
    return memory != nullptr ? memory : std::malloc(size);
}

void give_back(void* memory, const char*, int) {
    if (memory == nullptr) return;
    if (CRYPTO_secure_allocated(memory) == 1) return CRYPTO_secure_free(memory, nullptr, 0);  // it wipes, too
    base::wipe(memory, ::malloc_usable_size(memory));
    std::free(memory);
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
