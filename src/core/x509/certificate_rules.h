#pragma once

#include <span>
#include <string>
#include <vector>

#include "x509/certificate.h"
#include "x509/path.h"

namespace signet::x509 {

/// Where a certificate stands in a path. Anchors are trusted as they are: what serves to find their
/// issuer does not bind them, nor do forms that well-known roots break.
enum class Role { leaf, intermediate, anchor };

/// A duty of RFC 5280 section 4 (and RFC 9608) that one certificate can break by itself, whatever its path and the
/// time.
struct CertificateRule {
    const char* id;
    const char* section;
    const char* remedy;
    std::string (*fault)(const Certificate& certificate, Role role);  // empty when kept
};

std::span<const CertificateRule> certificate_rules();
/// All rules broken, with `certificate` 0.
std::vector<Finding> broken_rules(const Certificate& certificate, Role role);

}  // namespace signet::x509
