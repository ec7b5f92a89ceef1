#include "server/notifier.h"

#include <doctest/doctest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "ca/ceremony.h"
#include "ca/issuer.h"
#include "crypto/digest.h"
#include "server/events.h"
#include "server/expiry_events.h"
#include "store/audit.h"
#include "store/certificates.h"
#include "store/expiry_watch.h"
#include "store/notifications.h"
#include "support/manual_clock.h"
#include "support/scripted_transport.h"
#include "support/temporary_store.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Json;

namespace {

constexpr auto k_day = std::chrono::days(1);

/// A store whose acts are told to a receiver that answers as the test wants.
struct Told {
    test::ManualClock clock;
    test::TemporaryStore store;
    server::NotifySettings settings;
    std::function<int(const Json& event)> answer = [](const Json&) { return 204; };
    test::ScriptedTransport receiver{[this](const net::OutboundRequest& request) {
        const int status = answer(base::parse_json(request.body, "the event"));
        if (status == 0) throw base::Error{base::Kind::connection, "nobody listens"};
        return net::Response::text(status, "");
    }};
    std::unique_ptr<server::Notifier> notifier;

    Told() {
        settings.url = "https://receiver.test/events";
        settings.events = server::event_kinds();
        server::begin_notifying(*store, settings);
        restart();
    }
    void restart() {
        notifier = std::make_unique<server::Notifier>(*store, clock, [this](const net::TransportSettings&) {
            return std::make_unique<test::BorrowedTransport>(receiver);
        });
    }
    server::Notifier::Round round() { return notifier->round(settings, 0ms, {}); }

    store::CertificateRecord certificate(const std::string& serial, base::Duration lifetime,
                                         std::vector<std::string> names = {"db.internal"}) {
        store::CertificateRecord record{};
        record.serial = serial;
        record.der = base::Bytes(10, 0x30);
        record.issuer_id = "00112233";
        record.authority = "default";
        record.profile = "default";
        record.subject = "CN=db.internal";
        record.names = std::move(names);
        record.not_before = base::to_unix(clock.now());
        record.not_after = base::to_unix(clock.now() + lifetime);
        record.source = "cli";
        record.fingerprint = "f0" + serial;
        record.key_type = "ec-p256";
        record.issued_at = record.not_before;
        return record;
    }
    void audit(const std::string& action, const std::string& serial, const std::string& detail = {}) {
        store::AuditRecord record{};
        record.at = base::to_unix(clock.now());
        record.action = action;
        record.actor = "operator uid 0";
        if (!serial.empty()) record.serial = serial;
        record.names = {"db.internal"};
        record.detail = detail;
        store->write([&](store::Transaction& transaction) { store::append_audit(transaction, record); });
    }
    void issue(const std::string& serial, base::Duration lifetime = 90 * k_day,
               std::vector<std::string> names = {"db.internal"}) {
        const auto record = certificate(serial, lifetime, std::move(names));
        store->write([&](store::Transaction& transaction) { store::insert_certificate(transaction, record); });
        audit("certificate.issued", serial);
    }
    /// "issued aa", in the order that the receiver was asked in; and forgets them.
    std::vector<std::string> heard() {
        std::vector<std::string> words;
        for (const auto& request : receiver.requests) {
            const auto event = base::parse_json(request.body, "the event");
            std::string word = event.at("event");
            if (event.contains("serial") && event.at("serial").is_string())
                word += " " + std::string(event.at("serial"));
            if (event.contains("role")) word += " " + std::string(event.at("role"));
            if (event.contains("level")) word += " " + std::string(event.at("level"));
            words.push_back(word);
        }
        receiver.requests.clear();
        return words;
    }
    store::NotificationCounts counts() {
        return store->query([](store::Transaction& transaction) { return store::count_notifications(transaction); });
    }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("notifier: what is done after it was configured is told, in order, once") {
    Told told;
    told.store->write([](store::Transaction& transaction) { store::end_notifying(transaction); });
    told.issue("aa");
    server::begin_notifying(*told.store, told.settings);
    server::begin_notifying(*told.store, told.settings);
    told.issue("bb");
    told.audit("certificate.refused", "", "not permitted");
    told.audit("certificate.revoked", "bb", "keyCompromise");
    told.audit("account.created", "");
    CHECK(told.round().delivered == 3);
    const auto requests = told.receiver.requests;
    CHECK(told.heard() == Words{"issued bb", "refused", "revoked bb"});
    CHECK(told.round().delivered == 0);
    CHECK(told.heard().empty());

    REQUIRE(requests.size() == 3);
    const auto issued = base::parse_json(requests[0].body, "the event");
    CHECK(issued.at("schema") == 1);
    CHECK(issued.at("time") == base::format_time(told.clock.now()));
    CHECK(issued.at("certificate").at("status") == "valid");
    CHECK(issued.at("certificate").at("names") == Json::array({"db.internal"}));
    CHECK(base::parse_json(requests[1].body, "the event").at("message") == "not permitted");
    CHECK(base::parse_json(requests[2].body, "the event").at("reason") == "keyCompromise");
}

TEST_CASE("notifier: only the kinds that are wanted") {
    Told told;
    told.settings.events = {"revoked"};
    told.issue("aa");
    told.audit("certificate.revoked", "aa", "superseded");
    told.round();
    CHECK(told.heard() == Words{"revoked aa"});
    told.settings.events = server::event_kinds();
    told.round();
    CHECK(told.heard().empty());  // what was not wanted then is not told later
}

TEST_CASE("notifier: a receiver that fails is asked again, later each time, and at once after a restart") {
    Told told;
    told.answer = [](const Json&) { return 503; };
    told.issue("aa");
    int asked = 0;
    for (const int seconds : {0, 1, 2, 4, 8, 16, 32, 60, 60}) {
        told.clock.advance(std::chrono::seconds(seconds) - 1s);
        if (seconds > 0) CHECK(told.round().failed == 0);
        told.clock.advance(1s);
        CHECK(told.round().failed == 1);
        ++asked;
    }
    CHECK(told.receiver.requests.size() == static_cast<std::size_t>(asked));
    CHECK(told.counts().waiting == 1);
    CHECK(told.counts().error == "the receiver answered 503");
    told.heard();
    told.store.reopen();
    told.restart();
    told.answer = [](const Json&) { return 200; };
    CHECK(told.round().delivered == 1);
    CHECK(told.counts().waiting == 0);
}

TEST_CASE("notifier: the events of one certificate stay in order, others do not wait for them") {
    Told told;
    bool broken = true;
    told.answer = [&](const Json& event) { return broken && event.at("serial") == "aa" ? 0 : 200; };
    told.issue("aa");
    told.issue("bb");
    told.audit("certificate.revoked", "aa", "superseded");
    told.audit("certificate.revoked", "bb", "superseded");
    told.round();
    CHECK(told.heard() == Words{"issued aa", "issued bb", "revoked bb"});
    broken = false;
    told.clock.advance(5s);
    told.round();
    CHECK(told.heard() == Words{"issued aa", "revoked aa"});
}

TEST_CASE("notifier: three failures in a row leave the receiver in peace until the next round") {
    Told told;
    told.answer = [](const Json&) { return 0; };
    for (int i = 0; i < 10; ++i) told.issue("a" + std::to_string(i));
    CHECK(told.round().failed == 3);
    CHECK(told.counts().waiting == 10);
}

TEST_CASE("notifier: after three days an event is given up, shown, and the next one has its turn") {
    Told told;
    told.answer = [](const Json& event) { return event.at("event") == "issued" ? 500 : 200; };
    told.issue("aa");
    told.audit("certificate.revoked", "aa", "superseded");
    told.round();
    told.clock.advance(3 * k_day - 1s);
    told.round();
    CHECK(told.counts().given_up == 0);
    told.clock.advance(1min);
    told.round();
    CHECK(told.heard() == Words{"issued aa", "issued aa", "issued aa", "revoked aa"});
    CHECK(told.counts().given_up == 1);
    CHECK(told.counts().waiting == 0);
    CHECK(told.counts().error == "the receiver answered 500");
    told.clock.advance(8 * k_day);
    told.restart();
    told.round();
    CHECK(told.counts().given_up == 0);
}

TEST_CASE("notifier: of two at once one tells") {
    Told told;
    told.issue("aa");
    const auto other = told.store->lock("notify");
    CHECK(told.round().delivered == 0);
    CHECK(told.heard().empty());
}

TEST_CASE("notifier: ends that near are told at each level, once, of what is still in use") {
    Told told;
    told.settings.events = {"expiring"};
    told.issue("aa", 90 * k_day);
    told.issue("bb", 90 * k_day, {"revoked.internal"});
    told.issue("cc", 90 * k_day, {"replaced.internal"});
    told.issue("dd", 1 * k_day, {"short.internal"});
    told.round();
    CHECK(told.heard().empty());
    told.clock.advance(18h - 30s);
    told.round();
    CHECK(told.heard().empty());
    told.clock.advance(1min);
    told.round();
    CHECK(told.heard() == Words{"expiring dd warning"});
    told.clock.advance(4h);
    told.round();
    CHECK(told.heard() == Words{"expiring dd critical"});
    told.store->write([&](store::Transaction& transaction) {
        store::revoke_certificate(transaction, "bb",
                                  {base::to_unix(told.clock.now()), 1, base::to_unix(told.clock.now())});
    });
    told.issue("ee", 90 * k_day, {"replaced.internal"});
    told.clock.set(told.clock.now() + 59 * k_day + 3h);
    told.round();
    CHECK(told.heard() == Words{"expiring aa warning"});
    told.round();
    CHECK(told.heard().empty());
    told.clock.advance(24 * k_day);
    told.restart();
    told.round();
    CHECK(told.heard() == Words{"expiring ee critical", "expiring aa critical"});
}

TEST_CASE("notifier: CAs whose end nears, and what the store did not issue") {
    Told told;
    told.settings.events = {"ca_expiring", "expiring"};
    base::OsRandom random;
    ca::init_authority(*told.store, {}, told.clock, random);
    told.round();
    CHECK(told.heard().empty());
    const auto files = ca::read_authority_files(told.store->layout(), "default");
    told.clock.set(files.signer().not_after() - 29 * k_day);
    told.round();
    told.round();
    told.clock.set(files.signer().not_after() - 6 * k_day);
    told.round();
    CHECK(told.heard() == Words{"ca_expiring issuing warning", "ca_expiring issuing critical"});
    server::collect_end(*told.store, files.signer(), "db.internal:5432", told.clock.now());
    server::collect_end(*told.store, files.signer(), "db.internal:5432", told.clock.now());
    told.round();
    CHECK(told.heard().size() == 1);
}

TEST_CASE("notifier: CAs that ours signed for others, until a later one or a revocation") {
    Told told;
    told.settings.events = {"ca_expiring"};
    base::OsRandom random;
    ca::init_authority(*told.store, {}, told.clock, random);
    ca::Authorities authorities(told.store->layout(), told.clock);
    ca::Issuer issuer(*told.store, authorities, told.clock, random);
    const auto sign = [&](const char* name, base::Duration validity) {
        x509::DistinguishedName subject;
        subject.add("CN", name);
        return issuer
            .issue_subordinate("default",
                               {.subject = subject,
                                .public_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key(),
                                .validity = validity,
                                .path_length = 0,
                                .constraints = {},
                                .requester = {"uid 0"}},
                               {})
            .certificate;
    };
    const auto mesh = sign("mesh", 400 * k_day);
    // So many that end before it that it is on the third page of them.
    told.store->write([&](store::Transaction& transaction) {
        for (int i = 0; i < 1200; ++i) {
            store::CertificateRecord other{};
            other.serial = "0a" + std::to_string(1000 + i);
            other.subject = "CN=other " + std::to_string(i);
            other.not_after = base::to_unix(mesh.not_after()) - 1 - i % 7;
            store::insert_certificate(transaction, other);
            store::watch_subordinate(transaction, other.serial, other.not_after);
        }
    });
    sign("replaced", 400 * k_day);
    const auto revoked = sign("revoked", 400 * k_day);
    told.round();
    CHECK(told.heard().empty());
    sign("replaced", 800 * k_day);
    told.store->write([&](store::Transaction& transaction) {
        const auto now = base::to_unix(told.clock.now());
        store::revoke_certificate(transaction, revoked.serial_hex(), {now, 4, now});
    });
    told.clock.set(mesh.not_after() - 29 * k_day);
    told.round();
    told.round();
    const auto requests = told.receiver.requests;
    CHECK(told.heard() == Words{"ca_expiring subordinate warning"});
    REQUIRE(requests.size() == 1);
    const auto event = base::parse_json(requests[0].body, "the event");
    CHECK(event.at("ca") == "default");
    CHECK(event.at("certificate").at("serial") == mesh.serial_hex());
    told.clock.set(mesh.not_after() - 6 * k_day);
    told.restart();
    told.round();
    CHECK(told.heard() == Words{"ca_expiring subordinate critical"});
}

TEST_CASE("notifier: a program gets the document, and says whether it has it") {
    Told told;
    told.settings.url.clear();
    const auto log = told.store.root() / "told";
    told.settings.command = "sh -c 'cat >>" + log.string() + "; echo $SIGNET_HOOK_EVENT >>" + log.string() + "; exit " +
                            "$(test -e " + log.string() + ".ok; echo $?)'";
    told.issue("aa");
    CHECK(told.round().failed == 1);
    CHECK(told.counts().error == "the command ended with 1");
    base::write_file(log.string() + ".ok", "");
    told.clock.advance(2s);
    CHECK(told.round().delivered == 1);
    const auto text = base::read_file(log, 1 << 16);
    CHECK(text.starts_with("{\"schema\":1,\"id\":\"issued-1\""));
    CHECK(text.ends_with("}\nissued\n"));
}

TEST_CASE("notifier: what is posted is signed; the key file's line end is no part of the key") {
    Told told;
    const auto key = told.store.root() / "hmac.key";
    for (const char* text : {"Jefe", "Jefe\n", "Jefe\r\n"}) {
        base::write_file(key, text, {.mode = 0600});
        // RFC 4231 section 4.3.
        CHECK(server::notify_signature(key, "what do ya want for nothing?") ==
              "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
    told.settings.hmac_key_file = key;
    told.issue("aa");
    told.round();
    REQUIRE(told.receiver.requests.size() == 1);
    const auto& request = told.receiver.requests.front();
    std::map<std::string, std::string> headers;
    for (const auto& [name, value] : request.headers) headers[name] = value;
    CHECK(headers["X-Signet-Signature"] == server::notify_signature(key, request.body));
    CHECK(headers["X-Signet-Event"] == "issued");
    CHECK(headers["Content-Type"] == "application/json");
    base::write_file(key, "\n", {.mode = 0600});
    told.issue("bb");
    CHECK(told.round().failed == 1);
}

TEST_CASE("notifier: settings that nobody could mean are refused with their line") {
    const auto refused = [](const std::string& text) {
        base::TomlTable table{base::TomlFile::parse("[notify]\n" + text, "signet.toml")};
        try {
            server::read_notify_settings(table);
            return std::string();
        } catch (const base::Error& error) {
            return error.message();
        }
    };
    CHECK(refused("command = \"/bin/true 'x y'\"\nevents = [\"issued\"]").empty());
    CHECK(refused("url = \"https://x.test/y?z\"\nhmac_key_file = \"k\"").empty());
    CHECK(refused("events = [\"expirng\"]").find("line 2") != std::string::npos);
    CHECK(refused("url = \"x.test\"").find("line 2") != std::string::npos);
    CHECK(refused("command = \"'x\"").find("line 2") != std::string::npos);
    CHECK_FALSE(refused("command = \"x\"\nurl = \"https://x.test\"").empty());
    CHECK_FALSE(refused("hmac_key_file = \"k\"").empty());
    CHECK_FALSE(refused("comand = \"x\"").empty());
}
