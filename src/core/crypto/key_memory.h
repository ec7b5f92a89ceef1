#pragma once

namespace signet::crypto {

/// While one lives, what OpenSSL allocates on this thread lies in the memory that keep_keys_apart() made, as long as
/// that has room. For work whose by-products tell a key and stay as long as it: the first signature of an RSA key,
/// which keeps its primes in Montgomery form. Does nothing unless wipe_freed_memory() was called in time.
class AmongKeys {
public:
    explicit AmongKeys(bool wanted = true);  // false: as before
    AmongKeys(const AmongKeys&) = delete;
    AmongKeys& operator=(const AmongKeys&) = delete;
    ~AmongKeys();

private:
    bool before_;
};

}  // namespace signet::crypto
