#pragma once

#include <optional>
#include <string>

#include "client/account.h"
#include "client/session.h"
#include "client/source.h"

namespace signet::client {

/// How an order is placed and its challenges are answered.
struct AcmeOrder {
    AccountSettings account;
    std::string challenge = "auto";  // a type's name, "auto" (whichever both sides can do) or "none"
    std::string webroot;
    int http01_port = 80;
    std::string profile;                        // empty: the directory's own
    std::optional<base::Duration> validity;     // asked for as notAfter
    std::optional<x509::Certificate> replaces;  // RFC 9773 section 5
    std::vector<x509::Certificate> anchors;     // what the issued chain must reach; empty when unknown
};

/// Any RFC 8555 server.
class AcmeSource final : public Source {
public:
    AcmeSource(Session& session, AcmeOrder order) : session_(session), order_(std::move(order)) {}
    Certified certify(const x509::CertificateRequest& request, const std::vector<x509::Identifier>& names) override;

private:
    struct Placed {
        std::string url;
        acme::OrderMessage order;
    };

    Placed place(const std::vector<x509::Identifier>& names);
    Placed post_order(const acme::NewOrderMessage& message);
    void authorize(const std::string& url);
    void answer(const std::string& url, const acme::AuthorizationMessage& authorization);
    void respond(const std::string& url, const acme::ChallengeMessage& challenge);
    acme::OrderMessage await_order(const std::string& url, const std::string& doing);
    acme::OrderMessage finalize(const Placed& placed, const x509::CertificateRequest& request);
    std::vector<x509::Certificate> download(const std::string& url);

    Session& session_;
    AcmeOrder order_;
};

}  // namespace signet::client
