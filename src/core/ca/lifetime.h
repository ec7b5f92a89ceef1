#pragma once

#include "ca/policy.h"
#include "ca/verdict.h"

namespace signet::ca {

struct Lifetime {
    base::Time not_before, not_after;  // whole seconds
};

/// From when to when: what was asked for within profile and issuer, or a refusal; the profile's default cut to the
/// issuer's end, with a note. Never outlives any CA certificate above it, nor begins before one.
Lifetime decide_lifetime(const IssuanceRequest& request, const IssuerFacts& issuer, base::Time now, Verdict& verdict);

}  // namespace signet::ca
