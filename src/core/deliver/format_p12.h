#pragma once

#include <vector>

#include "deliver/formats.h"

namespace signet::deliver {

/// tls.p12: key, certificate and what follows it, under the password of the options. Throws usage without a key or
/// without a password.
std::vector<File> write_p12(const Bundle& bundle, const FormatOptions& options);

/// The first line of the password file. Throws usage when none was named, bad_input when it is empty.
base::Secret read_p12_password(const FormatOptions& options);

}  // namespace signet::deliver
