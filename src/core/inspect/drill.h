#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "store/store.h"
#include "x509/certificate.h"

namespace signet::inspect {

/// What is played: `ca rotate`, `ca rotate --root`, or the revocation of everything below a CA.
enum class Drill { rotate, rotate_root, revoke_all };

struct DrillEvent {
    base::Time at;
    std::string what;
    std::int64_t moved = 0, left = 0;  // certificates that have been replaced by then, and those that have not
};

/// Would a peer with these anchors accept a certificate of that generation?
struct DrillPeer {
    std::string phase;        // "before", "moving", "moved", "retired"
    std::string anchors;      // "of before", "of after", "the former root alone", "the new root alone"
    std::string certificate;  // "of before", "of after"
    bool accepted = false;
    std::string reason;     // of a refusal
    bool expected = false;  // a refusal that is meant: of what was revoked, or of anchors that were retired
};

struct DrillReport {
    base::Time begins, all_moved, last_end;  // last_end: when the last certificate ends that nobody renews
    std::int64_t certificates = 0;           // that have not ended when it begins, as `ca show` counts them
    std::int64_t revoked = 0;                // of these: nobody replaces them, but CRLs name them until they end
    std::vector<DrillEvent> events;
    std::vector<DrillPeer> peers;
    std::int64_t crl_entries = 0, crl_bytes = 0;  // revoke_all

    /// Whether some peer of the CA's own would refuse another, unless that is what was to be done.
    bool somebody_refused() const;
};

/// Plays it on a copy of the CA with throw-away keys, in a directory of its own that is gone afterwards, with a clock
/// that is moved from event to event: what the CA does is done by the very code that does it. When each certificate is
/// renewed is what renewal information says (RFC 9773). The store is only read. Throws not_found, and what the real
/// operation would.
DrillReport play(store::Store& store, const std::string& authority, Drill drill, base::Time now, base::Random& random);

/// What a peer holds and shows: its certificate with what is sent beside it, and its ca.crt.
struct DrillHolder {
    x509::Certificate leaf;
    std::vector<x509::Certificate> chain, anchors;
};
/// One question of one peer to another, asked of path validation.
DrillPeer ask_peer(std::string phase, std::string anchors_of, const std::vector<x509::Certificate>& anchors,
                   std::string leaf_of, const DrillHolder& shown, base::Time at);

}  // namespace signet::inspect
