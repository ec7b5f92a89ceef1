#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "acme/challenges.h"

namespace signet::acme {

/// Where a validation connects to, and until when: shared by the challenge types that open connections.

/// The addresses of `host` (a literal stands for itself), resolved once, without those that the policy forbids, at most
/// four. Throws dns when there is none, refused when all are forbidden. Connect to these and resolve nothing again.
std::vector<net::Address> permitted_addresses(const ValidationContext& context, const std::string& host);

/// A point on the steady clock by which an attempt must be over.
using AttemptDeadline = std::chrono::steady_clock::time_point;
/// A millisecond at least: what was given zero would wait for ever.
std::chrono::milliseconds time_left(AttemptDeadline deadline);

/// Calls `attempt` with one address after the other, each with its share of the time that is left, until one does not
/// throw. The last error carries what was said about all of them.
void try_in_turn(const std::vector<net::Address>& addresses, AttemptDeadline deadline,
                 const std::function<void(const net::Address& address, std::chrono::milliseconds share)>& attempt);

}  // namespace signet::acme
