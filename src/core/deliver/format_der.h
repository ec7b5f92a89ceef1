#pragma once

#include <vector>

#include "deliver/formats.h"

namespace signet::deliver {

/// tls.crt.der (the leaf alone) and tls.key.der (PKCS#8). Without the latter when the key is elsewhere.
std::vector<File> write_der(const Bundle& bundle, const FormatOptions& options);

}  // namespace signet::deliver
