#pragma once

#include <atomic>
#include <memory>

#include "crypto/openssl.h"
#include "crypto/signature.h"

namespace signet::crypto {

/// A context of OpenSSL that is ready to verify under one key with one algorithm. It may verify any number of times.
struct VerifyContext {
    SignatureAlgorithm algorithm;
    PkeyContext handle;
};

/// A place beside a key for one such context: to make it takes a tenth of the time of a verification, and account keys
/// verify again and again. Whoever takes it is alone with it. Thread-safe.
class ContextShelf {
public:
    ContextShelf() = default;
    ContextShelf(const ContextShelf&) = delete;
    ~ContextShelf() { delete kept_.load(std::memory_order_acquire); }

    /// nullptr when nothing is there.
    std::unique_ptr<VerifyContext> take() {
        return std::unique_ptr<VerifyContext>(kept_.exchange(nullptr, std::memory_order_acq_rel));
    }
    void put(std::unique_ptr<VerifyContext> context) {
        delete kept_.exchange(context.release(), std::memory_order_acq_rel);
    }

private:
    std::atomic<VerifyContext*> kept_ = nullptr;
};

}  // namespace signet::crypto
