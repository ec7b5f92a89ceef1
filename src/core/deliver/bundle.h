#pragma once

#include <vector>

#include "base/bytes.h"
#include "x509/certificate.h"

namespace signet::deliver {

/// What a directory gets: a leaf, what follows it, its key when we made it, and the anchors that count now.
struct Bundle {
    x509::Certificate leaf;
    std::vector<x509::Certificate> chain;  // after the leaf, without the anchor
    base::Secret key_pem;                  // PKCS#8; empty when the key stayed with whoever made the CSR
    std::vector<x509::Certificate> anchors;
};

}  // namespace signet::deliver
