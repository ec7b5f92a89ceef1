#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace signet::crypto::pkcs11 {

/// An RFC 7512 URI, parsed.
class Uri {
public:
    explicit Uri(std::string_view text);  // throws bad_input
    P11KitUri* get() const { return uri_.get(); }
    std::optional<std::string> pin_source() const;
    std::optional<std::string> module_path() const;
    std::string text() const;  // without pin-value
    void set(CK_ATTRIBUTE_TYPE type, std::string_view value);

private:
    std::unique_ptr<P11KitUri, void (*)(P11KitUri*)> uri_;
};

/// Throws environment with what was done and the code of PKCS#11, unless it is CKR_OK.
void check(CK_RV code, const std::string& doing);

/// A token with a user logged in, and the sessions that are open on it. Thread-safe.
class Token {
public:
    /// Finds it among the modules and logs in. Throws as open_pkcs11_key.
    static std::shared_ptr<Token> open(const Uri& uri, const base::Secret* pin);
    ~Token();
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;

    /// Runs `work(functions, session)` on a session that no other thread has meanwhile.
    template <class Work>
    auto with_session(Work work) {
        Lease lease(*this);
        return work(*functions_, lease.session);
    }

private:
    struct Modules;
    struct Lease {
        explicit Lease(Token& token) : owner(token), session(token.take()) {}
        ~Lease() { owner.give_back(session); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Token& owner;
        CK_SESSION_HANDLE session;
    };
    Token(std::unique_ptr<Modules> modules, CK_FUNCTION_LIST* functions, CK_SLOT_ID slot);
    CK_SESSION_HANDLE take();
    void give_back(CK_SESSION_HANDLE session);
    void log_in(const base::Secret& pin);

    std::unique_ptr<Modules> modules_;
    CK_FUNCTION_LIST* functions_;
    CK_SLOT_ID slot_;
    std::mutex mutex_;
    std::vector<CK_SESSION_HANDLE> idle_;
    CK_SESSION_HANDLE keeper_;  // the login lasts as long as a session is open
};

}  // namespace signet::crypto::pkcs11
