#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "x509/identifier.h"

namespace signet::ca {

// The patterns of a profile. Each `canonical_…` takes the text of signet.toml and returns the form that the matching
// function beside it reads; it throws bad_input for a text that is no pattern. Matching takes time in proportion to
// pattern times text, never more: names come from outside.

/// `x.y` that name; `*.y` one label under y; `**.y` any depth under y, not y itself; `**` all.
std::string canonical_dns_pattern(std::string_view text);
/// Every name that `name` covers is within the pattern: "*.y" is within `*.y` and `**.y`, never within `a.y`.
bool dns_within(std::string_view pattern, const x509::Identifier& name);
/// Some name that `name` covers is within the pattern: "*.y" meets `a.y`. For deny lists and exclusions.
bool dns_meets(std::string_view pattern, const x509::Identifier& name);

/// "10.0.0.0/8", "fd00::/8" or a single address; no bits beyond the prefix. IPv4-mapped forms become IPv4.
std::string canonical_cidr(std::string_view text);
/// An IPv4-mapped IPv6 address counts as the IPv4 address that it reaches.
bool cidr_contains(std::string_view cidr, base::ByteView address);

/// `*` within a path segment (at least one character when it is the whole segment), `**` across.
std::string canonical_uri_pattern(std::string_view text);
/// An encoded slash ends a segment as a plain one does.
bool uri_matches(std::string_view pattern, std::string_view uri);

/// `*` within the local part, `**` across.
std::string canonical_email_pattern(std::string_view text);
bool email_matches(std::string_view pattern, std::string_view address);

}  // namespace signet::ca
