#include "x509/certificate.h"

#include <mutex>

#include "base/encoding.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "x509/algorithm.h"
#include "x509/build.h"
#include "x509/der.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_largest_certificate = 1 << 20;  // ten thousand names fit
constexpr std::size_t k_most_extensions = 64;

base::Time read_time(der::Reader& reader, std::string_view field, bool& rfc5280_form) {
    const bool utc = reader.next_is(der::k_utc_time);
    const base::Time time = reader.time(field);
    constexpr base::Time k_2050 = std::chrono::sys_days(std::chrono::year(2050) / 1 / 1);
    rfc5280_form &= utc == (time < k_2050);
    return time;
}

int read_version(der::Reader& tbs) {
    const auto tagged = tbs.read_if(der::context_constructed(0), "version");
    if (!tagged) return 1;
    der::Reader inside(tagged->contents);
    const int value = inside.small_integer("version");
    inside.finish("version");
    if (value < 1 || value > 2) der::fail("version", "neither absent, 2 nor 3");
    return value + 1;
}

Certificate::Extension read_extension(der::Reader& list) {
    der::Reader fields = list.sequence("Extension");
    Certificate::Extension out;
    out.oid = fields.oid("extnID");
    // A written-out FALSE is not DER, but some old issuers do it, and it changes no meaning.
    out.critical = fields.next_is(der::k_boolean) && fields.boolean("critical");
    const base::ByteView value = fields.octet_string("extnValue");
    out.value.assign(value.begin(), value.end());
    fields.finish("Extension");
    return out;
}

void decode_extension(const Certificate::Extension& extension, ExtensionValues& out) {
    const ExtensionRow* row = find_extension_row(extension.oid);
    if (row == nullptr) return;
    der::Reader value(extension.value);
    row->read(value, out);
    value.finish(row->name);
}

}  // namespace

struct Certificate::State {
    base::Bytes der;
    base::ByteView tbs, spki, algorithm, signature;  // into der
    int version = 1;
    base::Bytes serial;
    DistinguishedName issuer, subject;
    base::Time not_before, not_after;
    bool times_in_form = true;
    std::vector<Extension> extensions;
    ExtensionValues values;
    bool self_issued = false;
    std::optional<crypto::SignatureAlgorithm> signature_algorithm;

    // Made at first use: path validation asks most certificates for none of them.
    mutable std::once_flag key_once, names_once, constraints_once;
    mutable std::optional<crypto::PublicKey> key;
    mutable std::vector<Identifier> names;
    mutable std::optional<NameConstraints> name_constraints;

    static std::shared_ptr<State> read_from(base::ByteView der);
    void read();
    void read_tbs(der::Reader fields, base::ByteView outer_algorithm);
    void read_extensions(base::ByteView contents);
    const std::vector<GeneralName>& general_names() const;
};

void Certificate::State::read() {
    der::Reader outer(der);
    der::Reader certificate = outer.sequence("Certificate");
    outer.finish("Certificate");
    const der::Element tbs_element = certificate.read(der::k_sequence, "tbsCertificate");
    tbs = tbs_element.whole;
    algorithm = read_algorithm(certificate, "signatureAlgorithm");
    signature = certificate.octet_bits("signatureValue");
    certificate.finish("Certificate");
    read_tbs(der::Reader(tbs_element.contents), algorithm);
    signature_algorithm = parse_algorithm(algorithm);
    self_issued = same_name(issuer, subject);
}

void Certificate::State::read_tbs(der::Reader fields, base::ByteView outer_algorithm) {
    version = read_version(fields);
    const base::ByteView number = fields.integer("serialNumber");
    serial.assign(number.begin(), number.end());
    if (!base::equal(fields.read(der::k_sequence, "signature").whole, outer_algorithm)) {
        der::fail("signatureAlgorithm", "differs from the one inside the signed part (RFC 5280 section 4.1.1.2)");
    }
    issuer = DistinguishedName::from_der(fields.read(der::k_sequence, "issuer").whole);
    der::Reader validity = fields.sequence("validity");
    not_before = read_time(validity, "notBefore", times_in_form);
    not_after = read_time(validity, "notAfter", times_in_form);
    validity.finish("validity");
    subject = DistinguishedName::from_der(fields.read(der::k_sequence, "subject").whole);
    spki = fields.read(der::k_sequence, "subjectPublicKeyInfo").whole;
    for (const unsigned unique_id : {1u, 2u}) {
        if (!fields.read_if(der::context(unique_id), "uniqueID")) continue;
        if (version < 2) der::fail("uniqueID", "in a certificate of version 1");
    }
    if (const auto list = fields.read_if(der::context_constructed(3), "extensions")) {
        if (version < 3) der::fail("extensions", "in a certificate of version " + std::to_string(version));
        read_extensions(list->contents);
    }
    fields.finish("tbsCertificate");
}

void Certificate::State::read_extensions(base::ByteView contents) {
    der::Reader wrapped(contents);
    der::Reader list = wrapped.sequence("extensions");
    wrapped.finish("extensions");
    do {
        Extension extension = read_extension(list);
        for (const Extension& seen : extensions) {
            if (seen.oid == extension.oid) der::fail("extensions", "extension " + extension.oid + " twice");
        }
        if (extensions.size() == k_most_extensions) der::fail("extensions", "too many");
        decode_extension(extension, values);
        extensions.push_back(std::move(extension));
    } while (!list.at_end());
}

const std::vector<GeneralName>& Certificate::State::general_names() const {
    static const std::vector<GeneralName> none;
    return values.subject_alt_names ? *values.subject_alt_names : none;
}

std::shared_ptr<Certificate::State> Certificate::State::read_from(base::ByteView der) {
    if (der.size() > k_largest_certificate) {
        throw base::Error{base::Kind::malformed, "a certificate of " + std::to_string(der.size()) + " bytes",
                          "give one of at most a megabyte"};
    }
    auto state = std::make_shared<State>();
    state->der.assign(der.begin(), der.end());
    try {
        state->read();
    } catch (const base::Error& error) {
        if (error.kind() != base::Kind::malformed) throw;
        throw base::Error{base::Kind::malformed, "not a certificate of RFC 5280: " + error.message(),
                          "have it issued again by a CA that follows RFC 5280"};
    }
    return state;
}

Certificate Certificate::from_der(base::ByteView der) { return Certificate(State::read_from(der)); }

Certificate Certificate::unsigned_from(base::ByteView tbs, crypto::SignatureAlgorithm algorithm,
                                       const crypto::PublicKey& key) {
    auto state = State::read_from(assemble(tbs, algorithm, {}));
    if (base::equal(state->spki, key.spki_der())) std::call_once(state->key_once, [&] { state->key = key; });
    return Certificate(std::move(state));
}

const base::Bytes& Certificate::der() const { return state_->der; }
base::ByteView Certificate::tbs_der() const { return state_->tbs; }
int Certificate::version() const { return state_->version; }
const base::Bytes& Certificate::serial() const { return state_->serial; }
std::string Certificate::serial_hex() const { return base::hex_encode(state_->serial); }
const DistinguishedName& Certificate::issuer() const { return state_->issuer; }
const DistinguishedName& Certificate::subject() const { return state_->subject; }
base::Time Certificate::not_before() const { return state_->not_before; }
base::Time Certificate::not_after() const { return state_->not_after; }
bool Certificate::times_in_rfc5280_form() const { return state_->times_in_form; }
base::ByteView Certificate::spki_der() const { return state_->spki; }

const crypto::PublicKey& Certificate::public_key() const {
    std::call_once(state_->key_once, [this] { state_->key = crypto::PublicKey::from_spki(state_->spki); });
    return *state_->key;
}

const std::vector<Identifier>& Certificate::names() const {
    std::call_once(state_->names_once, [this] {
        for (const GeneralName& name : general_names()) {
            if (auto identifier = to_identifier(name)) state_->names.push_back(*std::move(identifier));
        }
    });
    return state_->names;
}
bool Certificate::has_san() const { return state_->values.subject_alt_names.has_value(); }
const std::vector<GeneralName>& Certificate::general_names() const { return state_->general_names(); }

std::optional<Certificate::BasicConstraints> Certificate::basic_constraints() const {
    return state_->values.basic_constraints;
}
bool Certificate::is_ca() const { return state_->values.basic_constraints && state_->values.basic_constraints->ca; }
std::optional<KeyUsages> Certificate::key_usage() const { return state_->values.key_usage; }

const std::vector<std::string>* Certificate::extended_key_usage() const {
    return state_->values.extended_key_usage ? &*state_->values.extended_key_usage : nullptr;
}

const std::optional<NameConstraints>& Certificate::name_constraints() const {
    std::call_once(state_->constraints_once, [this] {
        if (name_subtrees()) state_->name_constraints = to_name_constraints(*name_subtrees());
    });
    return state_->name_constraints;
}
const std::optional<Certificate::NameSubtrees>& Certificate::name_subtrees() const {
    return state_->values.name_subtrees;
}
const Certificate::Policies& Certificate::policies() const { return state_->values.policies; }
std::optional<base::Bytes> Certificate::subject_key_id() const { return state_->values.subject_key_id; }
std::optional<base::Bytes> Certificate::authority_key_id() const { return state_->values.authority_key_id; }
const std::vector<Certificate::CrlPoint>& Certificate::crl_points() const { return state_->values.crl_points; }
std::vector<std::string> Certificate::crl_urls() const { return state_->values.crl_urls; }
std::vector<std::string> Certificate::ocsp_urls() const { return state_->values.ocsp_urls; }
std::vector<std::string> Certificate::issuer_urls() const { return state_->values.issuer_urls; }
bool Certificate::no_revocation_available() const { return state_->values.no_revocation_available; }
bool Certificate::must_staple() const { return state_->values.must_staple; }
bool Certificate::ocsp_no_check() const { return state_->values.ocsp_no_check; }
const std::vector<Certificate::Extension>& Certificate::extensions() const { return state_->extensions; }

const Certificate::Extension* Certificate::find_extension(std::string_view oid) const {
    for (const Extension& extension : state_->extensions) {
        if (extension.oid == oid) return &extension;
    }
    return nullptr;
}

bool Certificate::self_issued() const { return state_->self_issued; }

std::optional<crypto::SignatureAlgorithm> Certificate::signature_algorithm() const {
    return state_->signature_algorithm;
}
std::string Certificate::signature_algorithm_text() const { return describe_algorithm(state_->algorithm); }
base::ByteView Certificate::signature() const { return state_->signature; }

bool Certificate::signed_by(const crypto::PublicKey& key) const {
    return state_->signature_algorithm &&
           crypto::verify(key, *state_->signature_algorithm, state_->tbs, state_->signature);
}

std::string Certificate::fingerprint_sha256() const { return base::hex_encode(crypto::sha256(state_->der)); }

}  // namespace signet::x509
