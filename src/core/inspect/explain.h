#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "inspect/things.h"

namespace signet::inspect {

using Facts = std::vector<std::pair<std::string, std::string>>;  // label, value; an empty value says nothing

/// "certificate", "certificate request", "private key", "public key", "encrypted private key", "CRL", "OCSP response".
std::string_view type_of(const Thing& thing);
/// What it says, complete and in few lines, for people. Text from the file is made printable.
Facts explain(const Thing& thing, base::Time now);
/// The same for programs, beginning with `type`; of a certificate all but the members that each has in JSON.
base::Json explain_json(const Thing& thing, base::Time now);
/// The thing as PEM, of a private key its public half. Empty for what stays closed.
std::string public_pem(const Thing& thing);

// One file each.
Facts explain(const x509::Certificate& certificate, base::Time now);
base::Json explain_json(const x509::Certificate& certificate, base::Time now);
Facts explain(const x509::CertificateRequest& request);
base::Json explain_json(const x509::CertificateRequest& request);
Facts explain(const x509::Crl& crl, base::Time now);
base::Json explain_json(const x509::Crl& crl, base::Time now);
Facts explain(const x509::OcspResponse& response, base::Time now);
base::Json explain_json(const x509::OcspResponse& response, base::Time now);
Facts explain(const ShownKey& key);
base::Json explain_json(const ShownKey& key);

/// Whole days until then, rounded down; negative when it is past.
std::int64_t days_until(base::Time end, base::Time now);
/// SHA-256 over the SubjectPublicKeyInfo, hex.
std::string spki_sha256(base::ByteView spki);

}  // namespace signet::inspect
