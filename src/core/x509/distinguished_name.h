#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace signet::x509 {

/// A distinguished name, one attribute an RDN as signet writes it; parsed ones keep their DER, since an issuer field
/// must equal the CA's subject byte for byte (RFC 5280 section 4.1.2.4).
class DistinguishedName {
public:
    struct Attribute {
        std::string oid;    // dotted
        std::string value;  // UTF-8
        friend bool operator==(const Attribute&, const Attribute&) = default;
    };

    DistinguishedName() = default;                          // the empty name
    static DistinguishedName from_der(base::ByteView der);  // throws malformed

    /// `type`: "CN", "O", "OU", "C", "ST", "L". Throws bad_input past the upper bounds of RFC 5280 appendix A.1 or when
    /// C is no two letters.
    void add(std::string_view type, std::string_view value);

    bool empty() const { return attributes_.empty(); }
    const base::Bytes& der() const { return der_; }
    const std::vector<Attribute>& attributes() const { return attributes_; }
    std::optional<std::string> common_name() const;
    /// RFC 4514, most specific first: "CN=default Root CA,O=Example".
    std::string text() const;

    /// One key an RDN, equal for RDNs that RFC 5280 section 7.1 calls equal: string types, case (ASCII) and runs of
    /// white space do not count, nor does the order of attributes in the RDN.
    std::vector<std::string> comparison_keys() const;

    /// Byte for byte; see `same_name` for name chaining.
    friend bool operator==(const DistinguishedName& a, const DistinguishedName& b) { return a.der_ == b.der_; }

    friend bool same_name(const DistinguishedName& a, const DistinguishedName& b);

private:
    std::vector<Attribute> attributes_;
    bool single_valued_ = true;  // each RDN has one attribute
    base::Bytes der_{0x30, 0x00};
};

/// Name chaining and name constraints: RFC 5280 section 7.1.
bool same_name(const DistinguishedName& a, const DistinguishedName& b);
/// Do the first RDNs of `name` equal all RDNs of `base`?
bool within(const DistinguishedName& name, const DistinguishedName& base);

}  // namespace signet::x509
