#pragma once

#include "base/bytes.h"

namespace signet::crypto {

/// Whether an odd RSA modulus (big-endian) is the product of two primes so close that Fermat's way finds them in its
/// first hundred steps, as those of a printer's library were (CVE-2022-26320). A square too.
bool has_close_primes(base::ByteView modulus);

}  // namespace signet::crypto
