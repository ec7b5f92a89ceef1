#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <openssl/crypto.h>

#include "base/bytes.h"
#include "crypto/key.h"

namespace signet::crypto {
namespace {

void* take(std::size_t size, const char*, int) { return size == 0 ? nullptr : std::malloc(size); }

void give_back(void* memory, const char*, int) {
    if (memory == nullptr) return;
    base::wipe(memory, ::malloc_usable_size(memory));
    std::free(memory);
}

/// realloc(3) itself would leave what it moves from as it was.
void* resize(void* memory, std::size_t size, const char* file, int line) {
    if (memory == nullptr) return take(size, file, line);
    const std::size_t there = ::malloc_usable_size(memory);
    if (size != 0 && size <= there && size >= there / 2) return memory;
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

void wipe_freed_memory() { CRYPTO_set_mem_functions(take, resize, give_back); }

bool keep_keys_apart(std::size_t bytes) {
    constexpr std::size_t k_smallest = 32;  // the numbers of a P-256 key
    if (CRYPTO_secure_malloc_initialized() == 1) return true;
    raise_limit_of_locked_memory();
    return CRYPTO_secure_malloc_init(bytes, k_smallest) == 1;
}

}  // namespace signet::crypto
