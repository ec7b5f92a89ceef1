// Path validation over a small bundle. The input says who certifies whom with which key, and gives extension values as
// they are; the certificates are signed here with four keys, so that mutations get past the signatures.
#include <array>
#include <chrono>

#include "fuzz/fuzz.h"
#include "x509/build.h"
#include "x509/extensions.h"
#include "x509/name_constraints.h"
#include "x509/path.h"

namespace signet::fuzz {
namespace {

using x509::Certificate;

constexpr std::size_t k_most_certificates = 6;
constexpr std::array<const char*, 4> k_names = {"root", "one", "two", "leaf"};
const base::Time k_now = base::from_unix(1'800'000'000);

const crypto::PrivateKey& key(unsigned number) {
    static const std::array<crypto::PrivateKey, 4> keys = {
        crypto::PrivateKey::generate(crypto::KeyType::ec_p256), crypto::PrivateKey::generate(crypto::KeyType::ec_p256),
        crypto::PrivateKey::generate(crypto::KeyType::ed25519), crypto::PrivateKey::generate(crypto::KeyType::ec_p256)};
    return keys.at(number % keys.size());
}

x509::DistinguishedName name(unsigned number) {
    x509::DistinguishedName out;
    out.add("CN", k_names.at(number % k_names.size()));
    return out;
}

/// Extension values as the input has them; the table's row gives the OID.
void add_extensions(Parts& parts, x509::Template& content) {
    const auto table = x509::extension_table();
    for (unsigned count = parts.number() % 5; count > 0; --count) {
        const unsigned choice = parts.number();
        const auto value = parts.piece();
        content.extra.push_back(
            {table[(choice & 127U) % table.size()].oid, choice >= 128, {value.begin(), value.end()}});
    }
}

Certificate certificate(Parts& parts) {
    const unsigned names = parts.number(), keys = parts.number(), flags = parts.number();
    x509::Template content;
    content.serial = {1, static_cast<std::uint8_t>(flags), static_cast<std::uint8_t>(keys)};
    content.subject = name(names & 3);
    content.not_before = k_now - std::chrono::hours(1);
    content.not_after = k_now + ((flags & 8) != 0 ? -std::chrono::minutes(1) : std::chrono::minutes(1));
    content.ca = (flags & 1) != 0;
    if (content.ca && (flags & 2) != 0) content.path_length = static_cast<int>(flags >> 6);
    if ((flags & 4) != 0) content.key_usage = usage_bit(x509::KeyUsage::key_cert_sign);
    if (const auto text = parts.piece(); !text.empty()) {
        if (auto id = accepted([&] { return x509::Identifier::parse(base::text_of(text)); })) content.names = {*id};
    }
    add_extensions(parts, content);
    content.public_key = key(keys & 3).public_key();
    const auto& signer = key(keys >> 4 & 3);
    return x509::build_certificate(content, {name(names >> 4 & 3), x509::key_identifier(signer.public_key())}, signer);
}

void check(const x509::PathRequest& request) {
    const auto result = x509::validate_path(request);
    for (const auto& finding : result.findings) {
        require(!finding.rule.empty() && !finding.message.empty(), "a finding says what is wrong");
        require(finding.certificate >= 0, "a finding is about a certificate");
    }
    if (!result.valid()) return;
    require(!result.chain.empty() && result.chain.front() == request.leaf, "a chain starts with the leaf");
    bool anchored = false;
    for (const auto& anchor : request.anchors) anchored = anchored || anchor == result.chain.back();
    require(anchored, "a chain ends at an anchor");
    for (std::size_t i = 0; i + 1 < result.chain.size(); ++i) {
        require(result.chain[i].signed_by(result.chain[i + 1].public_key()), "each certifies the one before");
        require(x509::same_name(result.chain[i].issuer(), result.chain[i + 1].subject()), "names chain");
        require(result.chain[i].not_after() >= request.at, "none has expired");
        if (i > 0) require(result.chain[i].is_ca(), "only a CA certifies");
        require(i + 2 == result.chain.size() ||
                    x509::constraint_violation(result.chain[i + 1], result.chain[i]).empty() ||
                    result.chain[i].self_issued(),
                "names are within the constraints");
    }
}

}  // namespace

void one_input(base::ByteView input) {
    Parts parts(input);
    const unsigned anchors = parts.number(), how = parts.number();
    std::vector<Certificate> made;
    while (!parts.empty() && made.size() < k_most_certificates) {
        try {
            made.push_back(certificate(parts));
        } catch (const base::Error&) {  // a template that cannot be built, an extension that stands twice
        }
    }
    if (made.size() < 2) return;
    x509::PathRequest request{.leaf = made.front(), .at = k_now, .purpose = static_cast<x509::Purpose>(how % 3)};
    if (how >= 128) request.max_depth = static_cast<int>(how >> 4 & 3);
    for (std::size_t i = 1; i < made.size(); ++i) {
        ((anchors >> i & 1U) != 0 ? request.anchors : request.intermediates).push_back(made[i]);
        x509::constraint_violation(made[i], made.front());
    }
    check(request);
}

}  // namespace signet::fuzz
