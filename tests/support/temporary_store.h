#pragma once

#include <string>

#include "store/accounts.h"
#include "store/store.h"
#include "support/temporary_directory.h"

namespace signet::test {

/// A store of this test's own.
class TemporaryStore {
public:
    TemporaryStore() : store_(store::Store::create(root())) {}

    std::filesystem::path root() const { return directory_ / "store"; }
    store::Store& operator*() { return *store_; }
    store::Store* operator->() { return store_.get(); }
    /// As after the end of the process: closed and opened again.
    void reopen() {
        store_.reset();
        store_ = store::Store::open(root());
    }
    void close() { store_.reset(); }

private:
    TemporaryDirectory directory_;
    std::unique_ptr<store::Store> store_;
};

inline store::AccountRecord sample_account(const std::string& id = "acct1") {
    store::AccountRecord record{};
    record.id = id;
    record.thumbprint = "thumbprint-of-" + id;
    record.jwk = R"({"kty":"EC"})";
    record.contacts = {"mailto:ops@example.net"};
    record.terms_agreed = true;
    record.profile = "default";
    record.created_at = 1000;
    return record;
}

}  // namespace signet::test
