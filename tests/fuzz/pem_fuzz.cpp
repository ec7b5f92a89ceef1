// PEM text: bundles, requests, anchors.
#include "fuzz/fuzz.h"
#include "x509/pem.h"

namespace signet::fuzz {

void one_input(base::ByteView input) {
    const auto text = base::text_of(input);
    accepted([&] { return x509::parse_pem(text, "input", false); });
    if (const auto certificates = accepted([&] { return x509::parse_certificate_file(text, "input"); })) {
        const auto again = x509::parse_certificates(x509::encode_certificates(*certificates), "what was encoded");
        require(again == *certificates, "certificates come back");
    }
    std::string encoded;
    const auto parsed =
        accepted([&] { return x509::parse_pem(text, "input", true, {.blocks = 20, .size = 64 << 10}); });
    if (!parsed) return;
    const auto& blocks = *parsed;
    for (const auto& block : blocks) encoded += x509::encode_pem(block.label, block.der);
    const auto again = x509::parse_pem(encoded, "what was encoded", false);
    require(again.size() == blocks.size(), "every block comes back");
    for (std::size_t i = 0; i < again.size(); ++i) {
        require(again[i].label == blocks[i].label && again[i].der == blocks[i].der, "a block comes back");
    }
}

}  // namespace signet::fuzz
