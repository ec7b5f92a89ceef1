#include "x509/crl.h"

#include "base/error.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/extensions.h"
#include "x509/pem.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_largest_crl = 256 << 20;  // five million entries
constexpr std::size_t k_most_crl_extensions = 64;
constexpr char k_pem_label[] = "X509 CRL";

struct CrlExtension {
    std::string oid;
    bool critical;
    base::ByteView value;
};

CrlExtension next_extension(der::Reader& list) {
    der::Reader fields = list.sequence("Extension");
    CrlExtension out{fields.oid("extnID"), false, {}};
    out.critical = fields.next_is(der::k_boolean) && fields.boolean("critical");
    out.value = fields.octet_string("extnValue");
    fields.finish("Extension");
    return out;
}

int read_reason(base::ByteView value) {
    der::Reader outer(value);
    const base::ByteView contents = outer.read(der::k_enumerated, "reasonCode").contents;
    outer.finish("reasonCode");
    if (contents.size() != 1 || contents[0] > 10 || contents[0] == 7) der::fail("reasonCode", "no CRLReason");
    return contents[0];
}

/// What the entries say beyond what an Entry holds.
struct EntryFindings {
    bool unknown_critical = false, indirect = false;
};

Crl::Entry read_entry(der::Reader& list, EntryFindings& findings) {
    der::Reader fields = list.sequence("revokedCertificates");
    Crl::Entry entry{fields.integer("userCertificate"), {}, 0};
    entry.revoked_at = fields.time("revocationDate");
    if (fields.at_end()) return entry;
    der::Reader extensions = fields.sequence("crlEntryExtensions");
    fields.finish("revokedCertificates");
    while (!extensions.at_end()) {
        const CrlExtension extension = next_extension(extensions);
        if (extension.oid == "2.5.29.21") {
            entry.reason = read_reason(extension.value);
        } else if (extension.oid == "2.5.29.29") {  // certificateIssuer: entries of other CAs
            findings.indirect = true;
        } else if (extension.critical) {
            findings.unknown_critical = true;
        }
    }
    return entry;
}

}  // namespace

struct Crl::State {
    base::Bytes der;
    base::ByteView tbs, algorithm, signature, entries;  // into der
    DistinguishedName issuer;
    base::Time this_update;
    std::optional<base::Time> next_update;
    std::optional<base::Bytes> authority_key_id, number;
    std::optional<Scope> scope;
    std::optional<std::string> unusable;
    std::size_t size = 0;

    void read();
    void read_tbs(der::Reader fields);
    void read_entries();
    void read_extensions(der::Reader list);
    void read_scope(base::ByteView value);
    void decode(const CrlExtension& extension);
    void mark_unusable(std::string_view why) {
        if (!unusable) unusable = why;
    }
};

void Crl::State::read() {
    if (der.size() > k_largest_crl) der::fail("CertificateList", "larger than 256 MiB");
    der::Reader outer(der);
    der::Reader list = outer.sequence("CertificateList");
    outer.finish("CertificateList");
    const der::Element tbs_element = list.read(der::k_sequence, "tbsCertList");
    tbs = tbs_element.whole;
    algorithm = list.read(der::k_sequence, "signatureAlgorithm").whole;
    signature = list.octet_bits("signatureValue");
    list.finish("CertificateList");
    read_tbs(der::Reader(tbs_element.contents));
    read_entries();
}

void Crl::State::read_tbs(der::Reader fields) {
    const bool version_2 = fields.next_is(der::k_integer);
    if (version_2 && fields.small_integer("version") != 1) der::fail("version", "neither absent nor 2");
    if (!base::equal(fields.read(der::k_sequence, "signature").whole, algorithm))
        der::fail("signatureAlgorithm", "differs from the one inside the signed part (RFC 5280 section 5.1.1.2)");
    issuer = DistinguishedName::from_der(fields.read(der::k_sequence, "issuer").whole);
    this_update = fields.time("thisUpdate");
    if (fields.next_is(der::k_utc_time) || fields.next_is(der::k_generalized_time))
        next_update = fields.time("nextUpdate");
    if (const auto list = fields.read_if(der::k_sequence, "revokedCertificates")) entries = list->contents;
    if (version_2) {
        if (const auto tagged = fields.read_if(der::context_constructed(0), "crlExtensions")) {
            der::Reader inside(tagged->contents);
            read_extensions(inside.sequence("crlExtensions"));
            inside.finish("crlExtensions");
        }
    }
    fields.finish("tbsCertList");
}

void Crl::State::read_entries() {
    EntryFindings findings;
    for (der::Reader list(entries); !list.at_end(); ++size) read_entry(list, findings);
    if (findings.indirect) mark_unusable("it is an indirect CRL");
    if (findings.unknown_critical) mark_unusable("an entry has a critical extension that is not known");
}

void Crl::State::read_extensions(der::Reader list) {
    std::vector<std::string> seen;
    while (!list.at_end()) {
        const CrlExtension extension = next_extension(list);
        for (const std::string& oid : seen) {
            if (oid == extension.oid) der::fail("crlExtensions", "extension " + oid + " twice");
        }
        if (seen.size() >= k_most_crl_extensions) der::fail("crlExtensions", "too many");
        seen.push_back(extension.oid);
        decode(extension);
    }
}

void Crl::State::decode(const CrlExtension& extension) {
    der::Reader value(extension.value);
    if (extension.oid == "2.5.29.35") {
        ExtensionValues values;
        read_authority_key_id(value, values);
        authority_key_id = std::move(values.authority_key_id);
        value.finish("authorityKeyIdentifier");
    } else if (extension.oid == "2.5.29.20") {
        const base::ByteView octets = value.integer("cRLNumber");
        if (octets.size() > 21 || (octets[0] & 0x80) != 0) der::fail("cRLNumber", "negative, or longer than 20 octets");
        number = base::Bytes(octets.begin(), octets.end());
        if (extension.critical) mark_unusable("its number is critical (RFC 5280 section 5.2.3)");
        value.finish("cRLNumber");
    } else if (extension.oid == "2.5.29.28") {
        read_scope(extension.value);
    } else if (extension.oid == "2.5.29.27") {
        mark_unusable("it is a delta CRL");
    } else if (extension.critical) {
        mark_unusable("its critical extension " + extension.oid + " is not known");
    }
}

void Crl::State::read_scope(base::ByteView value) {
    der::Reader outer(value);
    der::Reader fields = outer.sequence("issuingDistributionPoint");
    outer.finish("issuingDistributionPoint");
    Scope found;
    if (const auto name = fields.read_if(der::context_constructed(0), "distributionPoint")) {
        der::Reader choice(name->contents);
        if (const auto full = choice.read_if(der::context_constructed(0), "fullName")) {
            for (der::Reader names(full->contents); !names.at_end();) {
                const GeneralName entry = read_general_name(names, "fullName");
                if (entry.kind == GeneralName::Kind::uri) found.urls.emplace_back(entry.text());
            }
        } else {
            choice.read(der::context_constructed(1), "nameRelativeToCRLIssuer");
        }
        choice.finish("distributionPoint");
    }
    const auto flag = [&](unsigned tag, std::string_view field) {
        const auto element = fields.read_if(der::context(tag), field);
        return element && der::check_boolean(element->contents, field);
    };
    found.only_user = flag(1, "onlyContainsUserCerts");
    found.only_ca = flag(2, "onlyContainsCACerts");
    if (fields.read_if(der::context(3), "onlySomeReasons")) mark_unusable("it is for some reasons only");
    if (flag(4, "indirectCRL")) mark_unusable("it is an indirect CRL");
    if (flag(5, "onlyContainsAttributeCerts")) mark_unusable("it is for attribute certificates");
    fields.finish("issuingDistributionPoint");
    scope = std::move(found);
}

Crl Crl::from_der(base::Bytes der) {
    auto state = std::make_shared<State>();
    state->der = std::move(der);
    state->read();
    return Crl(std::move(state));
}

const base::Bytes& Crl::der() const { return state_->der; }
const DistinguishedName& Crl::issuer() const { return state_->issuer; }
base::Time Crl::this_update() const { return state_->this_update; }
std::optional<base::Time> Crl::next_update() const { return state_->next_update; }
const std::optional<base::Bytes>& Crl::authority_key_id() const { return state_->authority_key_id; }
const std::optional<base::Bytes>& Crl::number() const { return state_->number; }
const std::optional<Crl::Scope>& Crl::scope() const { return state_->scope; }
const std::optional<std::string>& Crl::unusable() const { return state_->unusable; }
std::size_t Crl::size() const { return state_->size; }

void Crl::for_each(const std::function<void(const Entry&)>& visit) const {
    EntryFindings findings;
    for (der::Reader list(state_->entries); !list.at_end();) visit(read_entry(list, findings));
}

std::optional<Crl::Entry> Crl::find(base::ByteView serial) const {
    EntryFindings findings;
    for (der::Reader list(state_->entries); !list.at_end();) {
        const base::ByteView whole = list.any("revokedCertificates").whole;
        der::Reader peek(whole);
        if (!base::equal(peek.sequence("revokedCertificates").integer("userCertificate"), serial)) continue;
        der::Reader again(whole);
        return read_entry(again, findings);
    }
    return std::nullopt;
}

bool Crl::signed_by(const crypto::PublicKey& key) const {
    const auto known = parse_algorithm(state_->algorithm);
    return known && crypto::verify(key, *known, state_->tbs, state_->signature);
}

std::vector<Crl> parse_crl_file(std::string_view contents, std::string_view what) {
    std::vector<Crl> crls;
    if (contents.starts_with('\x30')) {
        crls.push_back(Crl::from_der(base::to_bytes(contents)));
        return crls;
    }
    for (PemBlock& block : parse_pem(contents, what, true, {.size = k_largest_crl}))
        if (block.label == k_pem_label) crls.push_back(Crl::from_der(std::move(block.der)));
    if (crls.empty())
        throw base::Error{base::Kind::bad_input, std::string(what) + ": there is no CRL in it",
                          "name a file that `signet crl` wrote, PEM or DER"};
    return crls;
}

}  // namespace signet::x509
