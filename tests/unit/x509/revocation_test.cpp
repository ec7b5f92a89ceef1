#include "x509/revocation.h"

#include <doctest/doctest.h>
#include <functional>

#include "support/make_chain.h"
#include "x509/crl_builder.h"
#include "x509/der.h"
#include "x509/path.h"

using namespace signet;
using x509::Crl;
using x509::RevocationStatus;
using State = x509::RevocationStatus::State;
namespace der = signet::x509::der;

namespace {

const base::Time k_at = base::parse_time("2027-01-15T08:00:00Z", "test");
constexpr auto k_hour = std::chrono::hours(1);

base::Bytes extension(const char* oid, bool critical, const base::Bytes& value) {
    return der::sequence({der::oid(oid), critical ? der::boolean(true) : base::Bytes{}, der::octet_string(value)});
}

/// A CRL of chosen parts.
struct CrlParts {
    base::Time this_update = k_at - k_hour;
    std::optional<base::Time> next_update = k_at + k_hour;
    std::vector<base::Bytes> serials;
    base::Bytes first_entry_extensions = {}, entry_extensions = {};
    base::Bytes ready_entries = {};  // as they are to stand there
    std::vector<base::Bytes> extensions = {extension("2.5.29.20", false, der::integer(7))};

    Crl signed_by(const test::Member& issuer) const {
        const auto algorithm = crypto::default_algorithm(*issuer.key);
        const base::Bytes identifier = der::sequence({der::oid("1.2.840.10045.4.3.2")});
        base::Bytes entries = ready_entries, list;
        for (const auto& serial : serials) {
            const bool first = entries.empty() && !first_entry_extensions.empty();
            base::append(entries, der::sequence({der::tlv(der::k_integer, serial), der::time(k_at - k_hour),
                                                 first ? first_entry_extensions : entry_extensions}));
        }
        for (const auto& one : extensions) base::append(list, one);
        const base::Bytes tbs = der::sequence(
            {der::integer(1), identifier, issuer.certificate.subject().der(), der::time(this_update),
             next_update ? der::time(*next_update) : base::Bytes{},
             entries.empty() ? base::Bytes{} : der::sequence({entries}),
             list.empty() ? base::Bytes{} : der::tlv(der::context_constructed(0), der::sequence({list}))});
        return Crl::from_der(
            der::sequence({tbs, identifier, der::bit_string(crypto::sign(*issuer.key, algorithm, tbs))}));
    }
};

struct Fixture {
    test::ChainMaker maker{k_at};
    test::Member root = maker.self_signed(maker.ca_template("Root"));
    test::Member issuing = maker.issue(root, maker.ca_template("Issuing CA", 0));
    test::Member leaf = maker.issue(issuing, maker.leaf_template({"worker.internal"}));

    RevocationStatus status(const CrlParts& parts, const test::Member* signer = nullptr) const {
        return x509::revocation_status(leaf.certificate, issuing.certificate,
                                       {{parts.signed_by(signer == nullptr ? issuing : *signer)}, {}, {}}, k_at);
    }
};

}  // namespace

TEST_CASE("revocation: a current CRL of the issuer tells") {
    const Fixture made;
    CrlParts parts;
    CHECK(made.status(parts).state == State::good);
    parts.serials = {{0x01}, made.leaf.certificate.serial()};
    CHECK(made.status(parts).state == State::revoked);
    parts.next_update = k_at - std::chrono::seconds(1);
    CHECK(made.status(parts).state == State::revoked);  // out of date, but what it revoked stays revoked
    parts.serials.clear();
    CHECK(made.status(parts).state == State::unknown);
}

TEST_CASE("revocation: what is not fit to tell leaves the status open, with the reason") {
    const Fixture made;
    const struct {
        const char* why;
        std::function<void(CrlParts&)> spoil;
    } rows[] = {{"ended", [](CrlParts& p) { p.next_update = k_at - k_hour; }},
                {"still to come", [](CrlParts& p) { p.this_update = k_at + k_hour; }},
                {"nextUpdate", [](CrlParts& p) { p.next_update.reset(); }},
                {"no number", [](CrlParts& p) { p.extensions.clear(); }},
                {"critical", [](CrlParts& p) { p.extensions = {extension("2.5.29.20", true, der::integer(7))}; }},
                {"delta", [](CrlParts& p) { p.extensions.push_back(extension("2.5.29.27", true, der::integer(1))); }},
                {"2.5.29.99", [](CrlParts& p) { p.extensions.push_back(extension("2.5.29.99", true, der::null())); }},
                {"CAs only",
                 [](CrlParts& p) {
                     p.extensions.push_back(
                         extension("2.5.29.28", true, der::sequence({der::tlv(der::context(2), base::Bytes{0xff})})));
                 }},
                {"distribution point", [](CrlParts& p) {
                     const base::Bytes url = der::tlv(der::context(6), base::bytes_of("http://x.internal/1.crl"));
                     const base::Bytes full =
                         der::tlv(der::context_constructed(0), der::tlv(der::context_constructed(0), url));
                     p.extensions.push_back(extension("2.5.29.28", true, der::sequence({full})));
                 }}};
    for (const auto& row : rows) {
        CAPTURE(row.why);
        CrlParts parts;
        row.spoil(parts);
        const auto status = made.status(parts);
        CHECK(status.state == State::unknown);
        CHECK(status.why.find(row.why) != std::string::npos);
    }
}

TEST_CASE("revocation: another's CRL tells nothing, even of the same name") {
    const Fixture made;
    test::ChainMaker other(k_at);
    const test::Member twin = other.self_signed(other.ca_template("Issuing CA", 0));
    CrlParts parts;
    parts.serials = {made.leaf.certificate.serial()};
    CHECK(made.status(parts, &twin).state == State::unknown);
    CHECK(made.status(parts, &made.root).state == State::unknown);
}

TEST_CASE("revocation: an issuer without cRLSign has no CRL") {
    test::ChainMaker maker(k_at);
    const auto root = maker.self_signed(maker.ca_template("Root"));
    auto content = maker.ca_template("Issuing CA", 0);
    content.key_usage = usage_bit(x509::KeyUsage::key_cert_sign);
    const auto issuing = maker.issue(root, content);
    const auto leaf = maker.issue(issuing, maker.leaf_template({"worker.internal"}));
    const auto status =
        x509::revocation_status(leaf.certificate, issuing.certificate, {{CrlParts{}.signed_by(issuing)}, {}, {}}, k_at);
    CHECK(status.state == State::unknown);
    CHECK(status.why.find("may not sign CRLs") != std::string::npos);
}

TEST_CASE("path: passes over a revoked intermediate for another that is good") {
    Fixture made;
    const auto again =
        made.maker.issue_for(made.root, made.maker.ca_template("Issuing CA", 0), made.issuing.certificate.public_key());
    CrlParts of_root;
    of_root.serials = {made.issuing.certificate.serial()};
    x509::PathRequest request{made.leaf.certificate, {made.issuing.certificate}, {made.root.certificate}, k_at};
    request.revocation.all = true;
    request.revocation.evidence.crls = {of_root.signed_by(made.root), CrlParts{}.signed_by(made.issuing)};
    auto result = x509::validate_path(request);
    REQUIRE(!result.valid());
    CHECK(result.findings[0].rule == "revoked");
    CHECK(result.findings[0].certificate == 1);
    request.intermediates.push_back(again);
    result = x509::validate_path(request);
    REQUIRE(result.valid());
    CHECK(result.chain[1] == again);
}

TEST_CASE("path: who owes a status is who was asked for") {
    Fixture made;
    x509::PathRequest request{made.leaf.certificate, {made.issuing.certificate}, {made.root.certificate}, k_at};
    CHECK(x509::validate_path(request).valid());
    request.revocation.evidence.crls = {CrlParts{}.signed_by(made.issuing)};
    request.revocation.leaf = true;
    CHECK(x509::validate_path(request).valid());
    CHECK(x509::validate_path(request).warnings.size() == 1);  // the issuing CA's is not known
    request.revocation.all = true;
    CHECK(x509::validate_path(request).findings.at(0).rule == "revocation-unknown");
    request.revocation.soft = true;
    CHECK(x509::validate_path(request).valid());
}

namespace {

base::Bytes number(int value) { return extension("2.5.29.20", false, der::integer(value)); }
base::Bytes delta(int base) { return extension("2.5.29.27", true, der::integer(base)); }
base::Bytes reason(std::uint8_t code) { return extension("2.5.29.21", false, der::enumerated(code)); }
base::Bytes flag(unsigned tag) { return der::tlv(der::context(tag), base::Bytes{0xff}); }
base::Bytes reasons(unsigned tag, std::uint16_t bits) {
    base::Bytes value = der::named_bits(bits);
    value[0] = der::context(tag);
    return value;
}
base::Bytes scope(std::initializer_list<base::ByteView> parts) {
    return extension("2.5.29.28", true, der::sequence(parts));
}
base::Bytes attribute(const char* common_name) {
    return der::sequence({der::oid("2.5.4.3"), der::text(der::k_utf8_string, common_name)});
}
/// DistributionPointName: a whole name, or one that completes the issuer's.
base::Bytes point_of(const char* common_name, bool relative) {
    if (relative)
        return der::tlv(der::context_constructed(0), der::tlv(der::context_constructed(1), attribute(common_name)));
    const base::Bytes name = der::sequence({der::set({attribute(common_name)})});
    const base::Bytes general = der::tlv(der::context_constructed(4), name);
    return der::tlv(der::context_constructed(0), der::tlv(der::context_constructed(0), general));
}
base::Bytes certificate_issuer(const x509::DistinguishedName& name) {
    return extension("2.5.29.29", true, der::sequence({der::tlv(der::context_constructed(4), name.der())}));
}

}  // namespace

TEST_CASE("revocation: a delta CRL changes what the complete one says") {
    const Fixture made;
    const auto told = [&](const CrlParts& complete, const CrlParts& changes) {
        return x509::revocation_status(made.leaf.certificate, made.issuing.certificate,
                                       {{changes.signed_by(made.issuing), complete.signed_by(made.issuing)}, {}, {}},
                                       k_at);
    };
    CrlParts complete, changes;
    changes.extensions = {number(8), delta(7)};
    CHECK(told(complete, changes).state == State::good);
    complete.next_update = k_at - std::chrono::minutes(1);
    CHECK(told(complete, changes).state == State::good);  // the two together are as new as the delta
    changes.next_update = complete.next_update;
    CHECK(told(complete, changes).state == State::unknown);

    complete = CrlParts{};
    changes.next_update = k_at + k_hour;
    changes.serials = {made.leaf.certificate.serial()};
    CHECK(told(complete, changes).state == State::revoked);
    changes.entry_extensions = der::sequence({reason(8)});  // removeFromCRL
    CHECK(told(complete, changes).state == State::good);
    complete.serials = changes.serials;
    complete.entry_extensions = der::sequence({reason(6)});
    CHECK(told(complete, changes).state == State::good);

    // Ended before the complete one: it still revokes, and takes nothing back.
    changes.next_update = k_at - std::chrono::minutes(1);
    CHECK(told(complete, changes).state == State::revoked);
    complete = CrlParts{};
    changes.entry_extensions.clear();
    CHECK(told(complete, changes).state == State::revoked);
    changes.next_update = k_at + k_hour;
    changes.entry_extensions = der::sequence({reason(8)});
    complete.serials = changes.serials;
    complete.entry_extensions = der::sequence({reason(6)});

    const struct {
        const char* why;
        std::vector<base::Bytes> extensions;
    } strangers[] = {{"for a later complete CRL", {number(9), delta(8)}},
                     {"no newer than the complete CRL", {number(7), delta(5)}},
                     {"of another scope", {number(8), delta(7), scope({flag(1)})}}};
    for (const auto& stranger : strangers) {
        CAPTURE(stranger.why);
        changes.extensions = stranger.extensions;
        CHECK(told(complete, changes).state == State::revoked);
    }
    complete = CrlParts{};
    changes.entry_extensions.clear();
    changes.extensions = {number(5), delta(4), scope({flag(1)})};  // numbers of its own: smaller is not older
    CHECK(told(complete, changes).state == State::revoked);
}

TEST_CASE("revocation: a delta CRL alone revokes, and makes nothing good") {
    const Fixture made;
    CrlParts changes;
    changes.extensions = {number(8), delta(7)};
    CHECK(made.status(changes).why == "it is a delta CRL, and the complete one that it adds to is not there");
    changes.serials = {made.leaf.certificate.serial()};
    CHECK(made.status(changes).state == State::revoked);
}

TEST_CASE("revocation: CRLs for some reasons make a certificate good together") {
    const Fixture made;
    CrlParts some, others;
    some.extensions.push_back(scope({reasons(3, 0x06)}));
    others.extensions.push_back(scope({reasons(3, 0x1f8)}));
    const auto status = made.status(some);
    CHECK(status.state == State::unknown);
    CHECK(status.why == "the CRLs are for some reasons of revocation only");
    CHECK(x509::revocation_status(made.leaf.certificate, made.issuing.certificate,
                                  {{some.signed_by(made.issuing), others.signed_by(made.issuing)}, {}, {}}, k_at)
              .state == State::good);
    some.serials = {made.leaf.certificate.serial()};
    CHECK(made.status(some).state == State::revoked);
}

TEST_CASE("revocation: a CRL for a distribution point is for the certificates that name it") {
    Fixture made;
    const auto told = [&](const base::Bytes& certified, const base::Bytes& listed) {
        auto content = made.maker.leaf_template({"worker.internal"});
        content.extra = {{"2.5.29.31", false, der::sequence({der::sequence({certified})})}};
        CrlParts parts;
        parts.extensions.push_back(scope({listed}));
        return x509::revocation_status(made.maker.issue(made.issuing, content).certificate, made.issuing.certificate,
                                       {{parts.signed_by(made.issuing)}, {}, {}}, k_at)
            .state;
    };
    for (const bool relative : {false, true}) {
        CHECK(told(point_of("one", relative), point_of("one", relative)) == State::good);
        CHECK(told(point_of("one", relative), point_of("two", relative)) == State::unknown);
        CHECK(told(point_of("one", relative), point_of("one", !relative)) == State::unknown);
    }
    // The issuer's own name is a distribution point of each of its certificates.
    CHECK(told(point_of("one", false), point_of("Issuing CA", false)) == State::good);
    // This point of the certificate is for keyCompromise only.
    base::Bytes limited = point_of("one", false);
    base::append(limited, reasons(1, 0x02));
    CHECK(told(limited, point_of("one", false)) == State::unknown);
}

TEST_CASE("revocation: entries of an indirect CRL are of the issuer that was named last") {
    const Fixture made;
    const auto told = [&](const x509::DistinguishedName& issuer, const base::Bytes& flags) {
        CrlParts parts;
        parts.extensions.push_back(scope({flags}));
        parts.serials = {{0x01}, made.leaf.certificate.serial()};
        parts.first_entry_extensions = der::sequence({certificate_issuer(issuer)});
        return made.status(parts);
    };
    CHECK(told(made.root.certificate.subject(), flag(4)).state == State::good);
    CHECK(told(made.issuing.certificate.subject(), flag(4)).state == State::revoked);
    CHECK(told(made.issuing.certificate.subject(), flag(1)).why.find("no indirect CRL") != std::string::npos);
}

TEST_CASE("revocation: issuers take turns in an indirect CRL") {
    const Fixture made;
    const auto &ours = made.issuing.certificate.subject(), &root = made.root.certificate.subject();
    const base::Bytes& serial = made.leaf.certificate.serial();
    // Each entry with the issuer that it names, or none; what is looked for is of `ours`.
    using Entry = std::pair<base::Bytes, const x509::DistinguishedName*>;
    const auto told = [&](const std::vector<Entry>& entries) {
        CrlParts parts;
        parts.extensions.push_back(scope({flag(4)}));
        for (const auto& [number, issuer] : entries)
            base::append(
                parts.ready_entries,
                der::sequence({der::tlv(der::k_integer, number), der::time(k_at - k_hour),
                               issuer == nullptr ? base::Bytes{} : der::sequence({certificate_issuer(*issuer)})}));
        return made.status(parts).state;
    };
    CHECK(told({{serial, nullptr}, {{0x01}, &root}}) == State::revoked);  // of who signs it, until another is named
    CHECK(told({{{0x01}, &root}, {serial, nullptr}}) == State::good);
    CHECK(told({{{0x01}, &root}, {{0x02}, &ours}, {{0x03}, nullptr}, {serial, nullptr}}) == State::revoked);
    CHECK(told({{{0x01}, &ours}, {{0x02}, &root}, {serial, &root}, {{0x03}, &ours}}) == State::good);
    CHECK(told({{{0x01}, &root}, {serial, nullptr}, {{0x03}, &ours}, {serial, &ours}}) == State::revoked);
}

TEST_CASE("revocation: an indirect CRL may name ten thousand issuers, in one entry or in many") {
    const Fixture made;
    const auto told = [&](std::size_t names) {
        CrlParts parts;
        parts.extensions.push_back(scope({flag(4)}));
        base::Bytes list;
        const base::Bytes empty = der::tlv(der::context_constructed(4), der::sequence({}));
        for (std::size_t i = 0; i < names; ++i) base::append(list, empty);
        const auto named = extension("2.5.29.29", true, der::sequence({list}));
        base::append(parts.ready_entries, der::sequence({der::tlv(der::k_integer, base::Bytes{0x01}),
                                                         der::time(k_at - k_hour), der::sequence({named})}));
        return made.status(parts);
    };
    CHECK(told(10'000).state == State::good);
    CHECK(told(10'001).why.find("too many issuers") != std::string::npos);
}
