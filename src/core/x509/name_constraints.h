#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "x509/certificate.h"

namespace signet::x509 {

/// Holds names to constraints, for many certificates of one path search: what is compared is made ready once a
/// certificate, and the work is bounded for all of them together. Not thread-safe.
class ConstraintChecker {
public:
    /// A step takes some ten nanoseconds.
    explicit ConstraintChecker(std::size_t most_steps = k_most_steps);
    ~ConstraintChecker();

    /// Why the names of `subject` (subject field and SAN) fall outside the constraints of `issuer` (RFC 5280 section
    /// 6.1.3 (b) and (c)); empty when they do not. A wildcard name must fit whole: it is refused when anything that it
    /// covers is excluded. Names of a kind that is constrained but not understood are refused, and so is everything
    /// once the steps are used up.
    std::string violation(const Certificate& issuer, const Certificate& subject);
    bool exhausted() const { return exhausted_; }

    static constexpr std::size_t k_most_steps = 20'000'000;  // tenths of a second

private:
    struct Prepared;
    Prepared& prepared(const Certificate& certificate);
    bool spend(std::size_t steps);

    std::unordered_map<const void*, std::unique_ptr<Prepared>> prepared_;
    std::size_t left_;
    bool exhausted_ = false;
};

/// The same for one pair.
std::string constraint_violation(const Certificate& issuer, const Certificate& subject);

}  // namespace signet::x509
