#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "x509/template.h"

namespace signet::inspect {

/// "digitalSignature" and so on, in the order of RFC 5280 section 4.2.1.3.
std::vector<std::string> key_usage_names(x509::KeyUsages usages);
/// "serverAuth"; the dotted OID itself for one without a name here.
std::string purpose_text(std::string_view oid);
/// The name of an extension by its OID, of those too that signet does not act on; empty for an unknown one.
std::string_view extension_name(std::string_view oid);

}  // namespace signet::inspect
