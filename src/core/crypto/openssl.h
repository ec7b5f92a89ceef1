#pragma once

// The one header of signet's that includes OpenSSL; included by .cpp files only.

#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string_view>

namespace signet::crypto {

/// One deleter for every OpenSSL type: Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>.
template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

using PkeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using BioHandle = Handle<BIO, BIO_free_all>;

/// Throws Error{internal, "what failed"} unless `ok`; drains OpenSSL's error queue into the debug log.
void check(bool ok, std::string_view what);
/// Empties this thread's error queue, so that old errors poison no later SSL_get_error; its text goes to the debug log.
void drain_errors(std::string_view what);

}  // namespace signet::crypto
