#pragma once

#include <doctest/doctest.h>
#include <memory>

#include "ca/ceremony.h"
#include "server/app.h"
#include "store/authorizations.h"
#include "store/orders.h"
#include "support/acme_client.h"
#include "support/manual_clock.h"
#include "support/table_resolver.h"
#include "support/temporary_store.h"

namespace signet::test {

/// A server without sockets over a store of its own, with a CA and a clock that the test moves.
class ServerFixture {
public:
    explicit ServerFixture(std::string auth = "trust") : authorities_((*store_).layout(), clock) {
        ca::init_authority(*store_, {}, clock, random_);
        configuration.profiles = ca::ready_made_profiles();
        configuration.settings.hostnames = {"ca.test"};
        configuration.settings.nonce_lifetime = std::chrono::hours(1);
        configuration.settings.order_lifetime = std::chrono::hours(24);
        configuration.settings.authorization_lifetime = std::chrono::hours(24);
        configuration.settings.auth = std::move(auth);
        restart();
    }

    /// As a process that was killed and started again: only what is in the store is left.
    void restart() {
        app.reset();
        issuer_ = std::make_unique<ca::Issuer>(*store_, authorities_, clock, random_);
        app = std::make_unique<server::App>(*store_, authorities_, *issuer_, clock, random_, resolver, configuration);
    }
    void reconfigure() { app->configure(configuration); }
    net::Handler handler() {
        return [this](const net::Request& request) { return app->handle(request); };
    }
    AcmeClient client(crypto::KeyType type = crypto::KeyType::ec_p256) { return AcmeClient(handler(), type); }
    AcmeClient registered(crypto::KeyType type = crypto::KeyType::ec_p256) {
        auto made = client(type);
        made.register_account();
        REQUIRE_FALSE(made.kid.empty());
        return made;
    }
    /// An authorization as validation would leave it, without validating.
    std::string grant(const AcmeClient& client, const std::string& name, const std::string& proof = "http-01") {
        const auto identifier = x509::Identifier::parse(name);
        const bool wildcard = identifier.is_wildcard();
        const auto now = base::to_unix(clock.now());
        store::AuthorizationRecord record{"granted-" + std::to_string(++granted_),
                                          account_id(client),
                                          wildcard ? x509::Identifier::dns(identifier.base_name()) : identifier,
                                          wildcard,
                                          store::AuthorizationStatus::valid,
                                          proof,
                                          now,
                                          now + 3600,
                                          {}};
        store().write([&](store::Transaction& t) { store::insert_authorization(t, record); });
        return record.id;
    }
    static std::string account_id(const AcmeClient& client) { return client.kid.substr(client.kid.rfind('/') + 1); }
    /// How many entries the audit log has for this action.
    std::int64_t audited(const std::string& action) {
        return store().query([&](store::Transaction& t) {
            auto row = t.query("SELECT count(*) FROM audit WHERE action = ?1", action);
            row->step();
            return row->integer(0);
        });
    }
    store::Store& store() { return *store_; }
    ca::Profile& profile(const std::string& name = "default") { return configuration.profiles.at(name); }

    ManualClock clock;
    TableResolver resolver;
    server::Configuration configuration;
    std::unique_ptr<server::App> app;

private:
    int granted_ = 0;
    TemporaryStore store_;
    base::OsRandom random_;
    ca::Authorities authorities_;
    std::unique_ptr<ca::Issuer> issuer_;
};

inline std::string error_type(const net::Response& response) { return acme::problem_type(response); }

#define CHECK_PROBLEM(response, wanted_status, wanted_type)          \
    do {                                                             \
        const auto& answer_ = (response);                            \
        CAPTURE(answer_.body);                                       \
        CHECK(answer_.status == (wanted_status));                    \
        CHECK(::signet::test::error_type(answer_) == (wanted_type)); \
        CHECK(answer_.body.find("null") == std::string::npos);       \
    } while (false)

}  // namespace signet::test
