#pragma once

#include <vector>

#include "deliver/formats.h"

namespace signet::deliver {

/// tls.crt (leaf, then what follows it), tls.key, ca.crt. Without tls.key when the key is elsewhere.
std::vector<File> write_pem(const Bundle& bundle, const FormatOptions& options);
/// tls.pem: the key, then the chain, for programs that read both from one file. Throws usage without a key.
std::vector<File> write_combined(const Bundle& bundle, const FormatOptions& options);

}  // namespace signet::deliver
