#include "ca/lifetime.h"

#include <algorithm>

#include "ca/authority_files.h"

namespace signet::ca {
namespace {

using base::Kind;
using base::Time;

constexpr base::Duration k_second = std::chrono::seconds(1);
constexpr base::Duration k_longest = std::chrono::hours(24 * 365 * 1000);  // keeps sums of times far from overflow

std::string table_of(const Profile& profile) { return "[profile." + profile.name + "]"; }

Time whole_seconds(Time time) { return base::from_unix(base::to_unix(time)); }

/// When all CA certificates above the leaf hold, and which of them ends first (one of the issuer's).
struct Frame {
    Time begin, end;
    const x509::Certificate* last;

    std::string who() const { return "the CA '" + last->subject().text() + "'"; }
};
Frame frame_of(const IssuerFacts& issuer) {
    Frame frame{issuer.issuing.not_before(), issuer.issuing.not_after(), &issuer.issuing};
    for (const x509::Certificate& ca : issuer.chain) {
        frame.begin = std::max(frame.begin, ca.not_before());
        if (ca.not_after() < frame.end) {
            frame.end = ca.not_after();
            frame.last = &ca;
        }
    }
    return frame;
}

/// Whether there is a CA to speak of at all.
bool check_issuer(const IssuerFacts& issuer, Time now, Verdict& verdict) {
    std::vector<x509::Certificate> above{issuer.issuing};
    above.insert(above.end(), issuer.chain.begin(), issuer.chain.end());
    const auto fault = not_valid(above, issuer.authority, now);
    if (fault) verdict.refuse("", fault->kind(), fault->message(), fault->hint());
    return !fault;
}

/// ACME's notBefore and notAfter: exactly as wished for, or not at all (RFC 8555 section 7.4).
void check_wishes(const IssuanceRequest& request, const Lifetime& lifetime, Time now, Verdict& verdict) {
    const Profile& profile = request.profile;
    const auto refuse = [&](std::string message, std::string remedy) {
        verdict.refuse("", Kind::refused, std::move(message), std::move(remedy));
    };
    if (request.not_before && lifetime.not_before < whole_seconds(request.wished_at.value_or(now) - profile.backdate))
        refuse("notBefore " + base::format_time(lifetime.not_before) + " is further back than the " +
                   base::format_duration(profile.backdate) + " of profile '" + profile.name + "'",
               "ask for a later notBefore, or raise backdate in " + table_of(profile));
    if (lifetime.not_after <= now)
        refuse("notAfter " + base::format_time(lifetime.not_after) + " is past", "ask for a later notAfter");
    if (request.not_before && request.not_after && lifetime.not_after - lifetime.not_before > profile.max_validity)
        refuse("from notBefore to notAfter it is more than the " + base::format_duration(profile.max_validity) +
                   " of profile '" + profile.name + "'",
               "ask for less, or raise max_validity in " + table_of(profile));
    if (lifetime.not_after <= lifetime.not_before) refuse("notAfter is not later than notBefore", "exchange them");
    // Counted from now: a certificate for next year is no way around a short maximum.
    if (lifetime.not_after > whole_seconds(now) + profile.max_validity)
        refuse("notAfter " + base::format_time(lifetime.not_after) + " is beyond the " +
                   base::format_duration(profile.max_validity) + " of profile '" + profile.name + "'",
               "ask for an earlier notAfter, or raise max_validity in " + table_of(profile));
}

void check_validity(const IssuanceRequest& request, Verdict& verdict) {
    const Profile& profile = request.profile;
    if (!request.validity) return;
    if (*request.validity < k_second)
        verdict.refuse("", Kind::refused, "a certificate lives a second at least", "ask for a longer --validity");
    if (*request.validity > profile.max_validity)
        verdict.refuse("", Kind::refused,
                       "a validity of " + base::format_duration(*request.validity) + " is beyond the " +
                           base::format_duration(profile.max_validity) + " of profile '" + profile.name + "'",
                       "ask for " + base::format_duration(profile.max_validity) +
                           " at most, or raise max_validity in " + table_of(profile));
}

/// Verifiers with a maximum of their own count from notBefore to notAfter, both included (RFC 5280 section 4.1.2.5).
/// What is too much by backdating goes off the end; where the end was asked for exactly, or little would be left, off
/// the beginning.
void keep_to_maximum(const IssuanceRequest& request, Time now, Lifetime& lifetime) {
    const base::Duration most = request.profile.max_validity - k_second;
    if (lifetime.not_after - lifetime.not_before <= most) return;
    const bool from_beginning = request.not_after || request.profile.backdate * 2 > most;
    if (from_beginning && !request.not_before)
        lifetime.not_before =
            std::max(lifetime.not_before, std::min(whole_seconds(now), whole_seconds(lifetime.not_after - most)));
    if (!request.not_after) lifetime.not_after = std::min(lifetime.not_after, lifetime.not_before + most);
}

}  // namespace

Lifetime decide_lifetime(const IssuanceRequest& request, const IssuerFacts& issuer, Time now, Verdict& verdict) {
    const Profile& profile = request.profile;
    const Frame frame = frame_of(issuer);
    if (!check_issuer(issuer, now, verdict)) return {frame.begin, frame.end};
    check_validity(request, verdict);
    const bool wishes = request.not_before || request.not_after;
    const base::Duration length = std::clamp(request.validity.value_or(profile.default_validity), k_second, k_longest);
    Lifetime lifetime;
    lifetime.not_before = std::max(whole_seconds(request.not_before.value_or(now - profile.backdate)), frame.begin);
    const Time from = request.not_before ? whole_seconds(*request.not_before) : whole_seconds(now);
    lifetime.not_after = whole_seconds(request.not_after ? *request.not_after : from + length);
    keep_to_maximum(request, now, lifetime);
    if (wishes) check_wishes(request, lifetime, now, verdict);
    if (request.not_before && whole_seconds(*request.not_before) < frame.begin)
        verdict.refuse("", Kind::refused, "notBefore is earlier than " + frame.who(), "ask for a later notBefore");

    if (lifetime.not_after > frame.end) {
        if (request.validity || request.not_after)
            verdict.refuse("", Kind::refused,
                           "the certificate would end at " + base::format_time(lifetime.not_after) + ", after " +
                               frame.who() + ", which ends at " + base::format_time(frame.end),
                           "ask for " + base::describe_duration(std::max(frame.end - now, base::Duration{})) +
                               " at most, or leave the lifetime to the CA");
        else if (frame.end > now)
            verdict.notes.push_back("the lifetime was cut to " + base::describe_duration(frame.end - now) + ": " +
                                    frame.who() + " ends then");
        lifetime.not_after = frame.end;
    }
    return lifetime;
}

}  // namespace signet::ca
