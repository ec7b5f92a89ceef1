#pragma once

#include <optional>
#include <string>

#include "acme/challenges.h"
#include "client/account.h"
#include "client/session.h"
#include "client/source.h"

namespace signet::client {

/// How an order is placed and its challenges are answered.
struct AcmeOrder {
    AccountSettings account;
    std::string challenge = "auto";  // a type's name, "auto" (whichever both sides can do) or "none"
    acme::ResponderContext equipment = {};
    std::string profile;                        // empty: the directory's own
    std::string preferred_chain;                // common name of the CA above the chain; empty: the server's first
    std::optional<base::Duration> validity;     // asked for as notAfter
    std::optional<x509::Certificate> replaces;  // RFC 9773 section 5
    std::vector<x509::Certificate> anchors;     // what the issued chain must reach; empty when unknown
};

/// Any RFC 8555 server.
class AcmeSource final : public Source {
public:
    AcmeSource(Session& session, AcmeOrder order) : session_(session), order_(std::move(order)) {}
    Certified certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>& names) override;

    /// Of the certificate that was got last, leaf first.
    const std::vector<x509::Certificate>& chain() const { return chain_; }
    /// The profile that its order names; empty: the server has none, or does not say.
    const std::string& profile() const { return profile_; }

private:
    struct Placed {
        std::string url;
        acme::OrderMessage order;
    };

    Placed place(const std::vector<x509::Identifier>& names);
    Placed post_order(const acme::NewOrderMessage& message);
    void authorize(const std::string& url);
    void answer(const std::string& url, const acme::AuthorizationMessage& authorization);
    void settle(const std::string& url, const acme::AuthorizationMessage& authorization,
                const acme::ChallengeMessage& challenge);
    void respond(const std::string& url, const acme::ChallengeMessage& challenge);
    acme::OrderMessage await_order(const std::string& url, const std::string& doing);
    acme::OrderMessage finalize(const Placed& placed, const x509::CertificateRequest& request);
    struct Chain {
        std::vector<x509::Certificate> certificates;  // leaf first
        std::vector<std::string> alternates;          // URLs
    };
    Chain download(const std::string& url);
    std::vector<x509::Certificate> choose_chain(const std::string& url, std::vector<std::string>& notes);

    Session& session_;
    AcmeOrder order_;
    std::vector<x509::Certificate> chain_;
    std::string profile_;
};

}  // namespace signet::client
