// Each rule has a certificate that breaks it, and next to nothing else.

#include "x509/lint.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <functional>
#include <set>

#include "base/error.h"
#include "crypto/key.h"
#include "support/make_chain.h"
#include "x509/der.h"

using namespace signet;
using base::Bytes;
using x509::Certificate;
using x509::Role;
namespace der = signet::x509::der;

namespace {

const base::Time k_now = base::parse_time("2027-01-15T08:00:00Z", "test");
constexpr auto k_one_day = std::chrono::hours(24);

Bytes name_of(const char* oid, der::Tag type, std::string_view value) {
    return der::sequence({der::set({der::sequence({der::oid(oid), der::text(type, value)})})});
}
Bytes cn(std::string_view value) { return name_of("2.5.4.3", der::k_utf8_string, value); }

Bytes extension(const char* oid, bool critical, const Bytes& value) {
    return der::sequence({der::oid(oid), critical ? der::boolean(true) : Bytes{}, der::octet_string(value)});
}
Bytes usages(bool critical, std::initializer_list<x509::KeyUsage> list) {
    x509::KeyUsages bits = 0;
    for (const auto usage : list) bits |= usage_bit(usage);
    return extension("2.5.29.15", critical, der::named_bits(bits));
}
Bytes purposes(bool critical, std::initializer_list<const char*> oids) {
    Bytes list;
    for (const char* oid : oids) base::append(list, der::oid(oid));
    return extension("2.5.29.37", critical, der::sequence({list}));
}
Bytes dns(std::string_view text) { return der::tlv(der::context(2), base::bytes_of(text)); }
Bytes uri(std::string_view text) { return der::tlv(der::context(6), base::bytes_of(text)); }
Bytes mailbox(const Bytes& value) {
    return der::tlv(der::context_constructed(0),
                    der::concat({der::oid("1.3.6.1.5.5.7.8.9"), der::tlv(der::context_constructed(0), value)}));
}
Bytes san(bool critical, std::initializer_list<Bytes> names) {
    Bytes list;
    for (const Bytes& name : names) base::append(list, name);
    return extension("2.5.29.17", critical, der::sequence({list}));
}
Bytes key_id(std::uint8_t octet) { return extension("2.5.29.14", false, der::octet_string(Bytes(20, octet))); }
Bytes issuer_key_id(std::uint8_t octet, bool critical = false) {
    return extension("2.5.29.35", critical, der::sequence({der::tlv(der::context(0), Bytes(20, octet))}));
}
Bytes basic(bool critical, bool ca, std::optional<int> length = std::nullopt) {
    return extension("2.5.29.19", critical,
                     der::sequence({ca ? der::boolean(true) : Bytes{}, length ? der::integer(*length) : Bytes{}}));
}
Bytes access(const char* method, std::string_view url, bool critical = false) {
    return extension("1.3.6.1.5.5.7.1.1", critical, der::sequence({der::sequence({der::oid(method), uri(url)})}));
}
Bytes crl_point(std::string_view url, bool critical = false) {
    return extension("2.5.29.31", critical,
                     der::sequence({der::sequence(
                         {der::tlv(der::context_constructed(0), der::tlv(der::context_constructed(0), uri(url)))})}));
}
constexpr char k_ocsp[] = "1.3.6.1.5.5.7.48.1";
const Bytes k_no_revocation = extension("2.5.29.56", false, der::null());

Bytes subtrees(bool critical, std::string_view base) {
    const Bytes list = base.empty() ? Bytes{} : der::tlv(der::context_constructed(0), der::sequence({dns(base)}));
    return extension("2.5.29.30", critical, der::sequence({list}));
}

const Bytes& ec_key() {
    static const Bytes spki = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).public_key().spki_der();
    return spki;
}
const Bytes& weak_key() {  // RSA of 1024 bits: 2^1023 + 1
    static const Bytes spki = [] {
        Bytes modulus(128, 0);
        modulus.front() = 0x80;
        modulus.back() = 1;
        return crypto::PublicKey::from_rsa(modulus, Bytes{1, 0, 1}).spki_der();
    }();
    return spki;
}

/// The parts of a certificate, all as they please. Its signature is zeros: lint does not look at it.
struct Parts {
    int version = 3;
    Bytes serial = der::integer_octets(Bytes(16, 0x42));
    Bytes algorithm = der::sequence({der::oid("1.2.840.10045.4.3.2")});
    Bytes issuer = cn("Issuing CA"), subject = cn("worker.internal");
    base::Time not_before = k_now - k_one_day, not_after = k_now + 5 * k_one_day;
    Bytes validity;  // instead
    Bytes key = ec_key();
    Bytes behind_key;
    std::vector<Bytes> extensions;

    Certificate made() const {
        const Bytes none;
        Bytes list;
        for (const Bytes& one : extensions) base::append(list, one);
        const Bytes times = validity.empty() ? der::sequence({der::time(not_before), der::time(not_after)}) : validity;
        const Bytes tbs =
            der::sequence({version == 1 ? none : der::tlv(der::context_constructed(0), der::integer(version - 1)),
                           serial, algorithm, issuer, times, subject, key, behind_key,
                           extensions.empty() ? none : der::tlv(der::context_constructed(3), der::sequence({list}))});
        return Certificate::from_der(der::sequence({tbs, algorithm, der::bit_string(Bytes(8))}));
    }
    void without(const char* oid) {
        const Bytes encoded = der::oid(oid);
        std::erase_if(extensions, [&](const Bytes& one) {
            return std::search(one.begin(), one.end(), encoded.begin(), encoded.end()) != one.end();
        });
    }
    /// In the place of the one with the same OID.
    void with(const char* oid, const Bytes& one) {
        without(oid);
        extensions.push_back(one);
    }
};

Parts good_leaf() {
    Parts out;
    out.extensions = {usages(true, {x509::KeyUsage::digital_signature}),
                      purposes(false, {x509::k_server_auth, x509::k_client_auth}), san(false, {dns("worker.internal")}),
                      key_id(1), issuer_key_id(2)};
    return out;
}
Parts good_ca() {
    Parts out;
    out.issuer = cn("Root CA");
    out.subject = cn("Issuing CA");
    out.extensions = {basic(true, true, 0), usages(true, {x509::KeyUsage::key_cert_sign, x509::KeyUsage::crl_sign}),
                      key_id(2), issuer_key_id(3)};
    return out;
}
Parts good_svid() {
    Parts out = good_leaf();
    out.subject = der::sequence({});
    out.with("2.5.29.17", san(true, {uri("spiffe://mesh.internal/worker")}));
    return out;
}

struct Row {
    const char* id;
    Parts (*start)();
    void (*spoil)(Parts&);
};

const Row k_broken[] = {
    {"version", good_leaf, [](Parts& p) { p.version = 1, p.extensions.clear(); }},
    {"serial", good_leaf, [](Parts& p) { p.serial = der::integer_octets(Bytes(21, 0x42)); }},
    {"serial-entropy", good_leaf, [](Parts& p) { p.serial = der::integer(7); }},
    {"issuer-name", good_leaf, [](Parts& p) { p.issuer = der::sequence({}); }},
    {"validity-form", good_leaf,
     [](Parts& p) {
         p.validity = der::sequence({der::generalized_time(k_now), der::time(k_now + k_one_day)});
     }},
    {"validity-backwards", good_leaf, [](Parts& p) { std::swap(p.not_before, p.not_after); }},
    {"validity-398", good_leaf, [](Parts& p) { p.not_after = k_now + 500 * k_one_day; }},
    {"validity-825", good_leaf, [](Parts& p) { p.not_after = k_now + 900 * k_one_day; }},
    {"subject", good_ca, [](Parts& p) { p.subject = der::sequence({}); }},
    {"weak-key", good_leaf, [](Parts& p) { p.key = weak_key(); }},
    {"weak-signature", good_leaf, [](Parts& p) { p.algorithm = der::sequence({der::oid("1.2.840.10045.4.1")}); }},
    {"unique-id", good_leaf,
     [](Parts& p) {
         p.behind_key = der::tlv(der::context(1), Bytes{0, 1});
     }},
    {"critical-extension", good_leaf,
     [](Parts& p) { p.extensions.push_back(extension("1.3.6.1.4.1.55555.1", true, der::null())); }},
    {"authority-key-id", good_leaf, [](Parts& p) { p.without("2.5.29.35"); }},
    {"subject-key-id", good_ca, [](Parts& p) { p.without("2.5.29.14"); }},
    {"subject-key-id-missing", good_leaf, [](Parts& p) { p.without("2.5.29.14"); }},
    {"cert-sign", good_ca, [](Parts& p) { p.with("2.5.29.15", usages(true, {x509::KeyUsage::crl_sign})); }},
    {"cert-sign-without-ca", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.15", usages(true, {x509::KeyUsage::digital_signature, x509::KeyUsage::key_cert_sign}));
     }},
    {"key-usage-missing", good_ca, [](Parts& p) { p.without("2.5.29.15"); }},
    {"key-usage-critical", good_leaf,
     [](Parts& p) { p.with("2.5.29.15", usages(false, {x509::KeyUsage::digital_signature})); }},
    {"key-usage-key-type", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.15", usages(true, {x509::KeyUsage::digital_signature, x509::KeyUsage::key_encipherment}));
     }},
    {"key-usage-encipher-only", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.15", usages(true, {x509::KeyUsage::digital_signature, x509::KeyUsage::encipher_only}));
     }},
    {"key-usage-crl-sign", good_ca,
     [](Parts& p) { p.with("2.5.29.15", usages(true, {x509::KeyUsage::key_cert_sign})); }},
    {"extended-key-usage-missing", good_leaf, [](Parts& p) { p.without("2.5.29.37"); }},
    {"extended-key-usage-any", good_leaf,
     [](Parts& p) { p.with("2.5.29.37", purposes(false, {x509::k_any_purpose})); }},
    {"extended-key-usage-any-critical", good_ca,
     [](Parts& p) { p.extensions.push_back(purposes(true, {x509::k_any_purpose})); }},
    {"san-critical", good_svid, [](Parts& p) { p.with("2.5.29.17", san(false, {uri("spiffe://mesh.internal/w")})); }},
    {"san-critical-needlessly", good_leaf, [](Parts& p) { p.with("2.5.29.17", san(true, {dns("worker.internal")})); }},
    {"san-missing", good_leaf, [](Parts& p) { p.without("2.5.29.17"); }},
    {"san-duplicate", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), dns("WORKER.internal")}));
     }},
    {"name-syntax", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), dns("two words")}));
     }},
    {"email-syntax", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), der::tlv(der::context(1), base::bytes_of("nobody"))}));
     }},
    {"uri-syntax", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), uri("/path")}));
     }},
    {"name-kind", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), der::tlv(der::context(8), Bytes{42, 3})}));
     }},
    {"smtp-utf8-form", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), mailbox(der::text(der::k_ia5_string, "o@x.y"))}));
     }},
    {"smtp-utf8-ascii", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17", san(false, {dns("worker.internal"), mailbox(der::text(der::k_utf8_string, "o@x.y"))}));
     }},
    {"smtp-utf8-domain", good_leaf,
     [](Parts& p) {
         p.with("2.5.29.17",
                san(false, {dns("worker.internal"), mailbox(der::text(der::k_utf8_string, "\xc3\xb6@\xc3\xb6.y"))}));
     }},
    {"cn-not-in-san", good_leaf, [](Parts& p) { p.subject = cn("other.internal"); }},
    {"subject-length", good_ca, [](Parts& p) { p.subject = cn(std::string(65, 'x')); }},
    {"subject-empty-value", good_ca, [](Parts& p) { p.subject = cn(" "); }},
    {"country-code", good_ca, [](Parts& p) { p.subject = name_of("2.5.4.6", der::k_printable_string, "de"); }},
    {"subject-email", good_ca,
     [](Parts& p) { p.subject = name_of("1.2.840.113549.1.9.1", der::k_ia5_string, "ca@mesh.internal"); }},
    {"subject-string-type", good_ca, [](Parts& p) { p.subject = name_of("2.5.4.3", der::k_teletex_string, "CA"); }},
    {"basic-constraints", good_ca, [](Parts& p) { p.with("2.5.29.19", basic(true, false)); }},
    {"constraints-critical", good_ca, [](Parts& p) { p.with("2.5.29.19", basic(false, true, 0)); }},
    {"path-length-without-ca", good_leaf, [](Parts& p) { p.extensions.push_back(basic(true, false, 0)); }},
    {"path-length-open", good_ca, [](Parts& p) { p.with("2.5.29.19", basic(true, true)); }},
    {"constraints-without-ca", good_leaf, [](Parts& p) { p.extensions.push_back(subtrees(true, "internal")); }},
    {"constraint-syntax", good_ca, [](Parts& p) { p.extensions.push_back(subtrees(true, "two words")); }},
    {"name-constraints-critical", good_ca, [](Parts& p) { p.extensions.push_back(subtrees(false, "internal")); }},
    {"policy-constraints-critical", good_ca,
     [](Parts& p) {
         p.extensions.push_back(extension("2.5.29.36", false, der::sequence({der::tlv(der::context(0), Bytes{1})})));
     }},
    {"inhibit-any-policy-critical", good_ca,
     [](Parts& p) { p.extensions.push_back(extension("2.5.29.54", false, der::integer(1))); }},
    {"policy-mappings-critical", good_ca,
     [](Parts& p) {
         p.extensions.push_back(
             extension("2.5.29.33", false,
                       der::sequence({der::sequence({der::oid("1.3.6.1.4.1.1"), der::oid("1.3.6.1.4.1.2")})})));
     }},
    {"policy-outside-ca", good_leaf,
     [](Parts& p) { p.extensions.push_back(extension("2.5.29.54", true, der::integer(1))); }},
    {"crl-url-scheme", good_leaf, [](Parts& p) { p.extensions.push_back(crl_point("https://ca.internal/x.crl")); }},
    {"crl-points-critical", good_leaf,
     [](Parts& p) { p.extensions.push_back(crl_point("http://ca.internal/x.crl", true)); }},
    {"access-url-scheme", good_leaf, [](Parts& p) { p.extensions.push_back(access(k_ocsp, "https://ca.internal/")); }},
    {"access-critical", good_leaf,
     [](Parts& p) { p.extensions.push_back(access(k_ocsp, "http://ca.internal/", true)); }},
    {"no-revocation", good_ca, [](Parts& p) { p.extensions.push_back(k_no_revocation); }},
    {"no-revocation-critical", good_leaf,
     [](Parts& p) { p.extensions.push_back(extension("2.5.29.56", true, der::null())); }},
    {"no-revocation-freshest", good_leaf,
     [](Parts& p) {
         p.extensions.push_back(k_no_revocation);
         p.extensions.push_back(extension("2.5.29.46", false, der::sequence({})));
     }},
    {"no-revocation-long", good_leaf,
     [](Parts& p) {
         p.extensions.push_back(k_no_revocation);
         p.not_after = k_now + 30 * k_one_day;
     }},
    {"no-status", good_leaf, [](Parts& p) { p.not_after = k_now + 30 * k_one_day; }},
    {"must-staple-without-responder", good_leaf,
     [](Parts& p) {
         p.extensions.push_back(extension("1.3.6.1.5.5.7.1.24", false, der::sequence({der::integer(5)})));
     }},
    {"svid-one-uri", good_svid,
     [](Parts& p) {
         p.with("2.5.29.17", san(true, {uri("spiffe://a.internal/w"), uri("spiffe://b.internal/w")}));
     }},
    {"svid-id", good_svid, [](Parts& p) { p.with("2.5.29.17", san(true, {uri("spiffe://mesh.internal/a//b")})); }},
    {"svid-leaf-path", good_svid, [](Parts& p) { p.with("2.5.29.17", san(true, {uri("spiffe://mesh.internal")})); }},
    {"svid-signer-path", good_ca,
     [](Parts& p) { p.extensions.push_back(san(false, {uri("spiffe://mesh.internal/ca")})); }},
    {"svid-key-usage", good_svid, [](Parts& p) { p.with("2.5.29.15", usages(true, {x509::KeyUsage::key_agreement})); }},
    {"svid-key-usage-critical", good_svid,
     [](Parts& p) { p.with("2.5.29.15", usages(false, {x509::KeyUsage::digital_signature})); }},
    {"svid-extended-key-usage", good_svid,
     [](Parts& p) { p.with("2.5.29.37", purposes(false, {x509::k_server_auth})); }},
};

std::set<std::string> ids_of(const std::vector<x509::LintFinding>& findings) {
    std::set<std::string> out;
    for (const auto& finding : findings) out.insert(finding.id);
    return out;
}

Role role_of(const Certificate& certificate, const Row& row) {
    return certificate.is_ca() || row.start == good_ca ? Role::intermediate : Role::leaf;
}

}  // namespace

TEST_CASE("lint: good certificates have nothing against them") {
    CHECK(x509::lint(good_leaf().made(), Role::leaf).empty());
    CHECK(x509::lint(good_ca().made(), Role::intermediate).empty());
    CHECK(x509::lint(good_svid().made(), Role::leaf).empty());
}

TEST_CASE("lint: each rule has a certificate that breaks it") {
    std::set<std::string> seen;
    for (const Row& row : k_broken) {
        CAPTURE(row.id);
        Parts parts = row.start();
        row.spoil(parts);
        const Certificate certificate = parts.made();
        const auto findings = x509::lint(certificate, role_of(certificate, row), 3);
        const auto found =
            std::find_if(findings.begin(), findings.end(), [&](const auto& f) { return f.id == row.id; });
        REQUIRE(found != findings.end());
        CHECK(found->certificate == 3);
        CHECK(!found->citation.empty());
        CHECK(!found->message.empty());
        CHECK(!found->remedy.empty());
        CHECK(findings.size() <= 4);
        seen.insert(row.id);
    }
    const auto covered = [&](const char* id) { CHECK_MESSAGE(seen.contains(id), "no certificate breaks ", id); };
    for (const auto& rule : x509::certificate_rules()) covered(rule.id);
    for (const auto& table : {x509::lint_rules(), x509::name_lint_rules(), x509::svid_lint_rules()})
        for (const auto& rule : table) covered(rule.id);
}

TEST_CASE("lint: names are checked in every part") {
    const char* const bad_ids[] = {"spiffe://UPPER.internal/w",
                                   "spiffe://mesh.internal/w/",
                                   "spiffe://mesh.internal/../w",
                                   "spiffe://mesh.internal:8080/w",
                                   "spiffe://user@mesh.internal/w",
                                   "spiffe://mesh.internal/w?query",
                                   "spiffe:///w",
                                   "SPIFFE://mesh.internal/w"};
    for (const char* id : bad_ids) {
        CAPTURE(id);
        Parts parts = good_svid();
        parts.with("2.5.29.17", san(true, {uri(id)}));
        CHECK(ids_of(x509::lint(parts.made(), Role::leaf)).contains("svid-id"));
    }
}

TEST_CASE("lint: an anchor is trusted as it is, so that errors in it are warnings") {
    Parts parts = good_ca();
    parts.without("2.5.29.15");
    const auto findings = x509::lint(parts.made(), Role::anchor);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].severity == x509::Severity::warning);
}

TEST_CASE("lint: neighbours in a chain are compared") {
    Parts leaf = good_leaf();
    leaf.issuer = cn("ISSUING CA");
    leaf.not_after = k_now + 20 * k_one_day;
    leaf.with("2.5.29.35", issuer_key_id(9));
    const auto found = ids_of(x509::lint_chain({leaf.made(), good_ca().made()}));
    CHECK(found.contains("issuer-bytes"));
    CHECK(found.contains("outlives-issuer"));
    CHECK(found.contains("authority-key-mismatch"));
    CHECK(x509::lint_chain({good_leaf().made(), good_ca().made()}).empty());
}
