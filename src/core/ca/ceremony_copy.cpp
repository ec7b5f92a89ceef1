#include "ca/ceremony_copy.h"

#include "ca/serials.h"
#include "x509/build.h"
#include "x509/pem.h"

namespace signet::ca {
namespace {

struct Copy {
    crypto::PrivateKey key;
    x509::Certificate certificate;
};

Copy copy_of(const x509::Certificate& original, const Copy* above, base::Random& random) {
    auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    x509::Template content;
    content.serial = draw_serial(random);
    content.subject = original.subject();
    content.public_key = key.public_key();
    content.not_before = original.not_before();
    content.not_after = original.not_after();
    content.ca = true;
    const auto limits = original.basic_constraints();
    if (limits) content.path_length = limits->path_length;
    content.key_usage = static_cast<x509::KeyUsages>(x509::usage_bit(x509::KeyUsage::key_cert_sign) |
                                                     x509::usage_bit(x509::KeyUsage::crl_sign));
    content.name_constraints = original.name_constraints().value_or(x509::NameConstraints{});
    auto certificate =
        above == nullptr
            ? x509::build_self_signed(content, key)
            : x509::build_certificate(
                  content, {above->certificate.subject(), x509::key_identifier(above->certificate.public_key())},
                  above->key);
    return {std::move(key), std::move(certificate)};
}

}  // namespace

void copy_with_throwaway_keys(const AuthorityFiles& files, const store::Layout& to, base::Random& random) {
    base::make_directories(to.authorities(), 0700);
    base::make_directories(to.authority(files.name), 0700);
    std::vector<Copy> made;  // the root first
    made.push_back(copy_of(files.root, nullptr, random));
    const auto chain = files.chain();
    for (auto original = chain.rbegin(); original != chain.rend(); ++original) {
        Copy next = copy_of(*original, &made.back(), random);
        made.push_back(std::move(next));
    }
    base::write_file(to.root_key(files.name), made.front().key.to_pem().reveal(), {.mode = 0600});
    if (made.size() > 1) {
        std::vector<x509::Certificate> sent;
        for (std::size_t i = made.size(); i-- > 1;) sent.push_back(made[i].certificate);
        base::write_file(to.issuing_key(files.name), made.back().key.to_pem().reveal(), {.mode = 0600});
        base::write_file(to.issuing_certificate(files.name), x509::encode_certificates(sent), {.mode = 0644});
    }
    base::write_file(to.root_certificate(files.name), x509::encode_certificates({made.front().certificate}),
                     {.mode = 0644});
}

}  // namespace signet::ca
