#include "x509/crl.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "base/encoding.h"
#include "base/error.h"
#include "x509/algorithm.h"
#include "x509/der.h"
#include "x509/extensions.h"
#include "x509/pem.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_largest_crl = 256 << 20;  // five million entries
constexpr std::size_t k_most_crl_extensions = 64;

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
    base::ByteView certificate_issuer = {};  // the GeneralNames of the last entry that has them (section 5.3.3)
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
            findings.certificate_issuer = extension.value;
        } else if (extension.critical) {
            findings.unknown_critical = true;
        }
    }
    return entry;
}

/// nullopt: more than `most`.
std::optional<std::vector<DistinguishedName>> directory_names(base::ByteView general_names, std::size_t most) {
    std::vector<DistinguishedName> names;
    der::Reader outer(general_names);
    for (der::Reader list = outer.sequence("certificateIssuer"); !list.at_end();) {
        const GeneralName name = read_general_name(list, "certificateIssuer");
        if (name.kind != GeneralName::Kind::directory) continue;
        if (names.size() == most) return std::nullopt;
        names.push_back(DistinguishedName::from_der(name.value));
    }
    return names;
}

}  // namespace

/// Whose certificates the entries of an indirect CRL are (section 5.3.3): each name decoded once, however many entries
/// say it and however often it is looked for.
class CrlEntryIssuers {
public:
    /// The entry at this offset names them, and so do those after it that name none. False when they are too many.
    bool add(std::size_t offset, base::ByteView general_names) {
        const auto [known, is_new] = known_.emplace(base::text_of(general_names), names_.size());
        if (is_new) {
            auto names = directory_names(general_names, left_);
            if (!names || names_.size() == k_most) return false;
            left_ -= names->size();
            names_.push_back(*std::move(names));
        }
        if (runs_.empty() || runs_.back().names != known->second) runs_.push_back({offset, known->second});
        return true;
    }

    /// Which entries are of one issuer, asked in their order.
    class Walk {
    public:
        /// `ours`: so are those before the first that names any.
        Walk(const CrlEntryIssuers& issuers, const DistinguishedName& issuer, bool ours)
            : issuers_(issuers), ours_(ours) {
            for (const auto& names : issuers.names_)
                same_.push_back(std::any_of(names.begin(), names.end(),
                                            [&](const DistinguishedName& name) { return same_name(name, issuer); }));
        }
        bool ours(std::size_t offset) {
            for (; next_ < issuers_.runs_.size() && issuers_.runs_[next_].offset <= offset; ++next_)
                ours_ = same_[issuers_.runs_[next_].names];
            return ours_;
        }

    private:
        const CrlEntryIssuers& issuers_;
        std::vector<bool> same_;
        std::size_t next_ = 0;
        bool ours_;
    };

private:
    static constexpr std::size_t k_most = 10'000;  // lists of names, and names in all of them
    struct Run {
        std::size_t offset, names;
    };
    std::size_t left_ = k_most;
    std::vector<Run> runs_;
    std::vector<std::vector<DistinguishedName>> names_;
    std::unordered_map<std::string_view, std::size_t> known_;  // by DER, which the CRL holds
};

struct Crl::State {
    base::Bytes der;
    base::ByteView tbs, algorithm, signature, entries;  // into der
    DistinguishedName issuer;
    base::Time this_update;
    std::optional<base::Time> next_update;
    std::optional<base::Bytes> authority_key_id, number, base_number;
    std::optional<Scope> scope;
    std::optional<std::string> unusable;
    std::size_t size = 0;
    CrlEntryIssuers issuers;

    mutable std::mutex checked_mutex;
    mutable std::vector<std::pair<base::Bytes, bool>> checked;  // keys, and whether they signed it

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
    algorithm = read_algorithm(list, "signatureAlgorithm");
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
    const bool indirect = scope && scope->indirect;
    bool fits = true;
    for (der::Reader list(entries); !list.at_end(); ++size) {
        const std::size_t offset = entries.size() - list.rest().size();
        findings.certificate_issuer = {};
        read_entry(list, findings);
        if (indirect && fits && !findings.certificate_issuer.empty())
            fits = issuers.add(offset, findings.certificate_issuer);
    }
    if (!fits) mark_unusable("its entries are of too many issuers");
    if (findings.indirect && !indirect) mark_unusable("an entry names another issuer, but it is no indirect CRL");
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
        const base::ByteView octets = value.integer("BaseCRLNumber");
        if (octets.size() > 21 || (octets[0] & 0x80) != 0) der::fail("BaseCRLNumber", "negative, or too long");
        value.finish("BaseCRLNumber");
        base_number = base::Bytes(octets.begin(), octets.end());
    } else if (extension.critical) {
        mark_unusable("its critical extension " + extension.oid + " is not known");
    }
}

void Crl::State::read_scope(base::ByteView value) {
    der::Reader outer(value);
    der::Reader fields = outer.sequence("issuingDistributionPoint");
    outer.finish("issuingDistributionPoint");
    Scope found;
    found.der.assign(value.begin(), value.end());
    read_point_name(fields, found.names, found.relative);
    const auto flag = [&](unsigned tag, std::string_view field) {
        const auto element = fields.read_if(der::context(tag), field);
        return element && der::check_boolean(element->contents, field);
    };
    found.only_user = flag(1, "onlyContainsUserCerts");
    found.only_ca = flag(2, "onlyContainsCACerts");
    if (const auto reasons = fields.read_if(der::context(3), "onlySomeReasons"))
        found.reasons = der::named_bits(der::check_bit_string(reasons->contents, "onlySomeReasons"));
    found.indirect = flag(4, "indirectCRL");
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
const std::optional<base::Bytes>& Crl::base_number() const { return state_->base_number; }
const std::optional<Crl::Scope>& Crl::scope() const { return state_->scope; }
const std::optional<std::string>& Crl::unusable() const { return state_->unusable; }
std::size_t Crl::size() const { return state_->size; }

void Crl::for_each(const std::function<void(const Entry&)>& visit) const {
    EntryFindings findings;
    for (der::Reader list(state_->entries); !list.at_end();) visit(read_entry(list, findings));
}

std::optional<Crl::Entry> Crl::find(base::ByteView serial, const DistinguishedName& certificate_issuer) const {
    const bool indirect = scope() && scope()->indirect;
    CrlEntryIssuers::Walk walk(state_->issuers, certificate_issuer, same_name(issuer(), certificate_issuer));
    std::optional<Entry> found;
    EntryFindings findings;
    for (der::Reader list(state_->entries); !list.at_end();) {
        const std::size_t offset = state_->entries.size() - list.rest().size();
        const base::ByteView whole = list.any("revokedCertificates").whole;
        der::Reader peek(whole), again(whole);
        if (!base::equal(peek.sequence("revokedCertificates").integer("userCertificate"), serial)) continue;
        if (!walk.ours(offset)) continue;
        found = read_entry(again, findings);
        if (!indirect) break;
    }
    return found;
}

bool Crl::signed_by(const crypto::PublicKey& key) const {
    const std::lock_guard lock(state_->checked_mutex);
    for (const auto& [spki, good] : state_->checked)
        if (spki == key.spki_der()) return good;
    const auto known = parse_algorithm(state_->algorithm);
    const bool good = known && crypto::verify(key, *known, state_->tbs, state_->signature);
    if (state_->checked.size() < k_keys_kept) state_->checked.emplace_back(key.spki_der(), good);
    return good;
}

std::vector<std::string> Crl::Scope::urls() const {
    std::vector<std::string> out;
    for (const GeneralName& name : names)
        if (name.kind == GeneralName::Kind::uri) out.emplace_back(name.text());
    return out;
}

bool crl_number_less(base::ByteView a, base::ByteView b) {
    const auto magnitude = [](base::ByteView number) {
        while (!number.empty() && number.front() == 0) number = number.subspan(1);
        return number;
    };
    a = magnitude(a);
    b = magnitude(b);
    return a.size() == b.size() ? std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end())
                                : a.size() < b.size();
}

std::string crl_number_text(const std::optional<base::Bytes>& number) {
    if (!number) return "";
    if (number->size() > 8) return "0x" + base::hex_encode(*number);
    std::uint64_t value = 0;
    for (const auto octet : *number) value = value << 8 | octet;
    return std::to_string(value);
}

std::vector<Crl> parse_crl_file(std::string_view contents, std::string_view what) {
    std::vector<Crl> crls;
    if (contents.starts_with('\x30')) {
        crls.push_back(Crl::from_der(base::to_bytes(contents)));
        return crls;
    }
    for (PemBlock& block : parse_pem(contents, what, true, {.size = k_largest_crl}))
        if (block.label == k_crl_pem_label) crls.push_back(Crl::from_der(std::move(block.der)));
    if (crls.empty())
        throw base::Error{base::Kind::bad_input, std::string(what) + ": there is no CRL in it",
                          "name a file that `signet crl` wrote, PEM or DER"};
    return crls;
}

}  // namespace signet::x509
